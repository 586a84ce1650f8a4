"""What two tables say differently outside their rules, as far as it moves messages."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from contracts import Runtime
from routing.home_channel import HomeChannel
from routing.outcome import json_text, outcome_of_base
from routing.override_policy import OverridePolicy
from routing.table import RoutingTable

_SIMPLE = "text.simple"


@dataclass(frozen=True, slots=True)
class ChangedSetting:
    """A setting that is not what it was."""

    name: str
    """Such as `trust`, `overrides.stranger`, `runtimes.codex.model`."""
    old: Any
    """A JSON value. Of a list whose order means nothing, what the other side does not have."""
    new: Any


def changed_settings(old: RoutingTable, new: RoutingTable) -> tuple[ChangedSetting, ...]:
    """Return every difference outside the rules that can send a message elsewhere."""
    return tuple(_changes(old, new))


def _changes(old: RoutingTable, new: RoutingTable) -> Iterator[ChangedSetting]:
    yield from _base(old, new)
    yield from _runtimes(old.runtimes, new.runtimes)
    yield from _of_sets("models", old.models, new.models)
    yield from _known_models(old, new)
    yield from _of_mappings("overrides", _texts(old.overrides), _texts(new.overrides))
    yield from _who_is_who(old, new)
    yield from _single("trust", old.trust.value, new.trust.value)
    yield from _single("group_conversations", _groups(old), _groups(new))
    if any(_asks_what_is_simple(table) for table in (old, new)):
        before, after = old.simplicity, new.simplicity
        name = "smart_model_routing"
        yield from _single(f"{name}.max_simple_chars", before.max_chars, after.max_chars)
        yield from _single(f"{name}.max_simple_words", before.max_words, after.max_words)


def _base(old: RoutingTable, new: RoutingTable) -> Iterator[ChangedSetting]:
    before, after = outcome_of_base(old), outcome_of_base(new)
    for name in before.changed(after):
        if name != "queue":  # it follows from the model
            yield ChangedSetting(f"base.{name}", before[name], after[name])


def _who_is_who(old: RoutingTable, new: RoutingTable) -> Iterator[ChangedSetting]:
    yield from _of_sets("hub_platforms", old.hub_platforms, new.hub_platforms)
    homes = (_homes(table.home_channels) for table in (old, new))
    yield from _of_mappings("home_channels", *homes)
    yield from _of_lists("owners", _not_empty(old.owners), _not_empty(new.owners))
    yield from _of_lists("publishers", old.publishers, new.publishers)
    spoofable = (old.spoofable_platforms, new.spoofable_platforms)
    yield from _of_sets("spoofable_platforms", *spoofable)


def _known_models(old: RoutingTable, new: RoutingTable) -> Iterator[ChangedSetting]:
    # Whoever may name any model may name those of every rule, whether it ever matches or not.
    if OverridePolicy.ANY in {*old.overrides.values(), *new.overrides.values()}:
        yield from _of_sets("models that may be asked for", old.known_models, new.known_models)


def _runtimes(old: Mapping[str, Runtime], new: Mapping[str, Runtime]) -> Iterator[ChangedSetting]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            sides = (_stated(side[name]) if name in side else None for side in (old, new))
            yield ChangedSetting(f"runtimes.{name}", *sides)
        else:
            whole = (side[name].model_dump(mode="json") for side in (old, new))
            yield from _of_mappings(f"runtimes.{name}", *whole)


def _stated(runtime: Runtime) -> dict[str, Any]:
    return runtime.model_dump(mode="json", exclude_none=True)


def _homes(channels: Mapping[str, HomeChannel]) -> dict[str, Any]:
    return {
        platform: {"chat_id": home.chat_id, "thread_id": home.thread_id}
        if home.thread_id is not None
        else home.chat_id
        for platform, home in channels.items()
    }


def _groups(table: RoutingTable) -> str:
    return "shared" if table.shared_groups else "per_user"


def _asks_what_is_simple(table: RoutingTable) -> bool:
    return any(condition.key == _SIMPLE for rule in table.rules for condition in rule.match)


def _texts(policies: Mapping[Any, OverridePolicy]) -> dict[str, str]:
    return {kind.value: policy.value for kind, policy in policies.items()}


def _single(name: str, old: Any, new: Any) -> Iterator[ChangedSetting]:
    if json_text(old) != json_text(new):
        yield ChangedSetting(name, old, new)


def _of_mappings(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[ChangedSetting]:
    for key in dict.fromkeys((*old, *new)):
        yield from _single(f"{name}.{key}", old.get(key), new.get(key))


def _of_sets(name: str, old: AbstractSet[str], new: AbstractSet[str]) -> Iterator[ChangedSetting]:
    yield from _single(name, sorted(old - new), sorted(new - old))


def _of_lists(
    name: str, old: Mapping[str, AbstractSet[str]], new: Mapping[str, AbstractSet[str]]
) -> Iterator[ChangedSetting]:
    for key in sorted(old.keys() | new.keys()):
        if key in old and key in new:
            yield from _of_sets(f"{name}.{key}", old[key], new[key])
        else:  # a platform that lists nobody is not one without a list
            sides = (sorted(side[key]) if key in side else None for side in (old, new))
            yield ChangedSetting(f"{name}.{key}", *sides)


def _not_empty(lists: Mapping[str, AbstractSet[str]]) -> dict[str, AbstractSet[str]]:
    return {key: texts for key, texts in lists.items() if texts}
