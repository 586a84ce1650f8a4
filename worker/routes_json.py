"""The effective table as JSON values."""

from collections.abc import Iterable
from typing import Any

from contracts import Runtime
from routing.limit import every_limit
from routing.overlap import Overlaps
from routing.rule import Rule
from routing.table import RoutingTable
from routing.target import Target, Variant
from worker.target_place import host, target_queue


def as_json(
    table: RoutingTable, rules: Iterable[Rule], overlaps: Overlaps, prefix: str
) -> dict[str, Any]:
    """Return these rules of the table, the base, the named runtimes, and rules that overlap."""
    return {
        "table": table.digest,
        "rules": [_rule(rule, prefix) for rule in rules],
        "base": _target(table.base_target, prefix),
        "runtimes": {name: _runtime(runtime) for name, runtime in table.runtimes.items()},
        "disabled": list(table.disabled),
        "limits": {limit.name: limit.stated() for limit in every_limit(table.limits)},
        "overlaps": [
            {"first": each.first.name, "second": each.second.name, "such_as": each.such_as}
            for each in overlaps.found
        ],
        "overlaps_complete": overlaps.complete,
    }


def _rule(rule: Rule, prefix: str) -> dict[str, Any]:
    return {
        "index": rule.index,
        "name": rule.name,
        "entry": rule.entry,
        "line": rule.line,
        "match": [{"key": each.label, "wanted": each.written} for each in rule.match],
        "deny": rule.denies,
        "note": rule.note,
        **_nowhere(denies=rule.denies),
        **({} if rule.denies else _target(rule.target, prefix)),
        "stated": sorted(rule.stated),
        "inherited_from": rule.heir_of,
        "split": [_variant(rule, variant, prefix) for variant in rule.split],
    }


def _variant(rule: Rule, variant: Variant, prefix: str) -> dict[str, Any]:
    total = sum(each.weight for each in rule.split)
    return {
        "name": variant.name,
        "weight": variant.weight,
        "percent": round(100 * variant.weight / total, 3),
        **_target(variant.target, prefix),
        "stated": sorted(variant.stated),
        "inherited_from": variant.heir_of or rule.name,
    }


def _target(target: Target, prefix: str) -> dict[str, Any]:
    return {
        "runtime": _runtime(target.runtime),
        "queue": target_queue(target, prefix),
        "priority": target.priority,
        "expires_in": target.expires_in,
        "fallbacks": [_runtime(each) for each in target.fallbacks],
    }


def _nowhere(*, denies: bool) -> dict[str, Any]:
    if not denies:
        return {}
    empty = ("runtime", "queue", "priority", "expires_in")
    return {**dict.fromkeys(empty), "fallbacks": []}


def _runtime(runtime: Runtime) -> dict[str, Any]:
    shown = runtime.model_dump(mode="json")
    return {**shown, "host": None if runtime.base_url is None else host(runtime.base_url)}
