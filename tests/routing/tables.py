"""Routing tables and messages, built by hand so that a test shows all it depends on."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts import InboundMessage, Runtime, SourceKind
from routing.home_channel import HomeChannel
from routing.limit import USUAL_LIMITS
from routing.override_policy import OverridePolicy
from routing.read_match import equals
from routing.rule import Rule
from routing.table import RoutingTable
from routing.target import Target
from routing.trust import Trust

BASE = Runtime(
    model="base-m",
    provider="custom",
    base_url="https://base/v1",
    api_mode=None,
    command=None,
    args=None,
    params=None,
    credential="env:BASE",
)
CODEX = Runtime(
    model="gpt-5.4",
    provider="openai-codex",
    base_url="https://c/codex",
    api_mode="codex_responses",
    command=None,
    args=None,
    params=None,
    credential="env:CODEX",
)
OVERRIDES = {
    SourceKind.OWNER: OverridePolicy.ANY,
    SourceKind.CRON: OverridePolicy.ANY,
    SourceKind.HUB_PEER: OverridePolicy.LISTED,
    SourceKind.STRANGER: OverridePolicy.LISTED,
}


def rule(
    match: Mapping[str, str], *, index: int = 0, name: str = "", base: Runtime = BASE, **fields: Any
) -> Rule:
    """A rule that sets `fields` of the runtime and inherits the others from `base`."""
    return Rule(
        name=name or f"routes[{index}]",
        index=index,
        match=tuple(equals(key, text) for key, text in match.items()),
        target=Target(base.model_copy(update=fields)),
        stated=frozenset(fields),
        line=index + 1,
    )


def rules(*wanted: tuple[Mapping[str, str], str | None]) -> tuple[Rule, ...]:
    """Rules in their order, each from its match and the model it sets (None: it sets nothing)."""
    return tuple(
        rule(match, index=index) if model is None else rule(match, index=index, model=model)
        for index, (match, model) in enumerate(wanted)
    )


def table(
    rules: Sequence[Rule] = (),
    *,
    base: Runtime = BASE,
    runtimes: Mapping[str, Runtime] | None = None,
    models: Sequence[str] = (),
    overrides: Mapping[SourceKind, OverridePolicy] | None = None,
    hub_platforms: Sequence[str] = ("hub",),
    home_channels: Mapping[str, HomeChannel] | None = None,
    owners: Mapping[str, Sequence[str]] | None = None,
    publishers: Mapping[str, Sequence[str]] | None = None,
    signing_keys: Mapping[str, Mapping[str, str]] | None = None,
    spoofable_platforms: Sequence[str] = ("webhook", "api_server", "msgraph_webhook"),
    shared_groups: bool = False,
    trust: Trust = Trust.EXCHANGE,
) -> RoutingTable:
    """A routing table; what is not given is as a file that says nothing of it would have it."""
    return RoutingTable(
        digest="0123456789ab",
        base=base,
        rules=tuple(rules),
        runtimes=dict(runtimes or {}),
        models=frozenset(models),
        overrides={**OVERRIDES, **(overrides or {})},
        hub_platforms=frozenset(hub_platforms),
        home_channels=dict(home_channels or {}),
        owners={name: frozenset(ids) for name, ids in (owners or {}).items()},
        publishers={name: frozenset(users) for name, users in (publishers or {}).items()},
        signing_keys=dict(signing_keys or {}),
        spoofable_platforms=frozenset(spoofable_platforms),
        shared_groups=shared_groups,
        trust=trust,
        platforms=frozenset({"cli", "cron", *hub_platforms}),
        limits=dict(USUAL_LIMITS),
    )


def message(source: Mapping[str, Any] | None = None, **fields: Any) -> InboundMessage:
    """An inbound message that says `hello`, with these fields."""
    given = {"text": "hello", **fields}
    if source is not None:
        given["source"] = source
    return InboundMessage.model_validate(given)
