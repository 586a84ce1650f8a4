"""Which of a table's rules its tests come to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from routing.table import RoutingTable
from routing.tried_test import TriedTest


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the rules were matched by a test. An entry of the file is one rule."""

    rules: int
    covered: int
    missing: tuple[str, ...]
    """The rules that no test matched, and the variants of the others that no test was given; in
    effective order."""


def coverage(table: RoutingTable, tried: Iterable[TriedTest]) -> Coverage:
    """Return which rules decided where a test's message goes, denials included."""
    seen: dict[str, set[str | None]] = {}
    for each in tried:
        if each.destination.rule is not None:
            seen.setdefault(each.destination.rule, set()).add(each.destination.get("variant"))
    # An override of a channel is three rules of one name, and one entry.
    variants: dict[str, tuple[str, ...]] = {
        rule.name: tuple(variant.name for variant in rule.split) for rule in table.rules
    }
    missing = tuple(
        label for name, names in variants.items() for label in _missing(name, names, seen)
    )
    return Coverage(len(variants), len(seen), missing)


def _missing(
    name: str, variants: tuple[str, ...], seen: dict[str, set[str | None]]
) -> Iterator[str]:
    if name not in seen:
        yield name
        return
    for variant in variants:
        if variant not in seen[name]:
            yield f"{name} variant {variant}"
