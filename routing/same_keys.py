"""Keys written out in a table are known by their place in it, and places move."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from contracts import Runtime
from routing.rule import Rule
from routing.table import RoutingTable
from routing.target import Target

_ANOTHER = " (another key)"
_Renamed = Callable[[Runtime], Runtime]


def with_keys_named_as_in(
    old_keys: Mapping[str, str], new: RoutingTable, new_keys: Mapping[str, str]
) -> RoutingTable:
    """Return the new table with credential references equal to the old's where the keys are.

    `old_keys` and `new_keys` are what `config:` references stand for. A rule above others moves
    all their places (`config:model.routes[1].api_key`), and their keys are the same; the same place
    with another key gets a reference that says so.
    """
    places = {key: reference for reference, key in reversed(list(old_keys.items()))}
    names: dict[str, str] = {}
    for reference, key in new_keys.items():
        if old_keys.get(reference) == key:
            continue
        if key in places:
            names[reference] = places[key]
        elif reference in old_keys:
            names[reference] = reference + _ANOTHER
    return _renamed(new, names) if names else new


def _renamed(table: RoutingTable, names: Mapping[str, str]) -> RoutingTable:
    def runtime(given: Runtime) -> Runtime:
        name = names.get(given.credential or "")
        return given if name is None else given.model_copy(update={"credential": name})

    return replace(
        table,
        base=runtime(table.base),
        fallbacks=tuple(map(runtime, table.fallbacks)),
        rules=tuple(_rule(each, runtime) for each in table.rules),
        runtimes=MappingProxyType({name: runtime(each) for name, each in table.runtimes.items()}),
    )


def _rule(rule: Rule, runtime: _Renamed) -> Rule:
    split = tuple(replace(each, target=_target(each.target, runtime)) for each in rule.split)
    return replace(rule, target=_target(rule.target, runtime), split=split)


def _target(target: Target, runtime: _Renamed) -> Target:
    fallbacks = tuple(map(runtime, target.fallbacks))
    return replace(target, runtime=runtime(target.runtime), fallbacks=fallbacks)
