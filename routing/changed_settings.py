"""What two tables say differently outside their rules, as far as it moves messages."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeVar

from contracts import Runtime, SourceKind
from routing.heard_settings import Heard
from routing.home_channel import HomeChannel
from routing.limit import every_limit
from routing.outcome import json_text, outcome_of_base
from routing.override_policy import OverridePolicy
from routing.table import RoutingTable

_T = TypeVar("_T")


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
    heard = Heard(old, new)
    yield from _base(old, new)
    yield from _what_may_be_named(old, new, heard)
    yield from _who_is_who(old, new, heard)
    yield from _of_mappings("limits", *(_limits(table, heard) for table in (old, new)))
    yield from _single("trust", old.trust.value, new.trust.value)
    yield from _single("group_conversations", _groups(old), _groups(new))
    if heard.what_is_simple:
        before, after = old.simplicity, new.simplicity
        name = "smart_model_routing"
        yield from _single(f"{name}.max_simple_chars", before.max_chars, after.max_chars)
        yield from _single(f"{name}.max_simple_words", before.max_words, after.max_words)


def _base(old: RoutingTable, new: RoutingTable) -> Iterator[ChangedSetting]:
    before, after = outcome_of_base(old), outcome_of_base(new)
    for name in before.changed(after):
        if name != "queue":  # it follows from the model
            yield ChangedSetting(f"base.{name}", before[name], after[name])


def _what_may_be_named(
    old: RoutingTable, new: RoutingTable, heard: Heard
) -> Iterator[ChangedSetting]:
    policies = heard.policies
    # Whoever may name any model may name those of every rule, whether it ever matches or not.
    if OverridePolicy.ANY in policies:
        yield from _runtimes(old.runtimes, new.runtimes)
    if OverridePolicy.LISTED in policies:
        # The base's model may be named by the same people.
        gone = old.models - new.models - {new.base.model}
        come = new.models - old.models - {old.base.model}
        yield from _of_sets("models", gone, come)
    if OverridePolicy.ANY in policies:
        yield from _of_sets("models that may be asked for", old.known_models, new.known_models)
    sides = (_policies(table.overrides, heard.kinds) for table in (old, new))
    yield from _of_mappings("overrides", *sides)


def _who_is_who(old: RoutingTable, new: RoutingTable, heard: Heard) -> Iterator[ChangedSetting]:
    yield from _of_sets("hub_platforms", old.hub_platforms, new.hub_platforms)
    owning = heard.owning
    homes = (_homes(_of_those(table.home_channels, owning)) for table in (old, new))
    yield from _of_mappings("home_channels", *homes)
    owners = (_not_empty(_of_those(table.owners, owning)) for table in (old, new))
    yield from _of_lists("owners", *owners)
    yield from _of_lists("publishers", old.publishers, new.publishers)
    yield from _signing_keys(old.signing_keys, new.signing_keys)
    changed = frozenset(filter(heard.forgery, old.spoofable_platforms ^ new.spoofable_platforms))
    spoofable = (table.spoofable_platforms & changed for table in (old, new))
    yield from _of_sets("spoofable_platforms", *spoofable)


def _signing_keys(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> Iterator[ChangedSetting]:
    for platform in sorted(old.keys() | new.keys()):
        keys = (side.get(platform, {}) for side in (old, new))
        yield from _of_mappings(f"signing_keys.{platform}", *keys)


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


def _limits(table: RoutingTable, heard: Heard) -> dict[str, Any]:
    every = every_limit(table.limits)
    return {each.name: each.written() for each in every if each.source_kind in heard.kinds}


def _policies(
    policies: Mapping[SourceKind, OverridePolicy], kinds: AbstractSet[SourceKind]
) -> dict[str, str]:
    return {kind.value: policy.value for kind, policy in policies.items() if kind in kinds}


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


def _of_those(mapping: Mapping[str, _T], keys: AbstractSet[str]) -> dict[str, _T]:
    return {key: value for key, value in mapping.items() if key in keys}
