"""Two rules that want the same message, and do not want the same of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from routing.context import IN_FULL
from routing.laws import Laws
from routing.predicate import AnyOf
from routing.rule import Rule
from routing.rule_draft import Section
from routing.search import Steps, TooManySteps
from routing.table import RoutingTable
from routing.witness import Witness, find_witness

STEPS = 20_000
"""How much a look at a whole table does before it is given up, unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rules of a table, and a message that both match. The first has it."""

    first: Rule
    second: Rule
    witness: Witness

    @property
    def such_as(self) -> dict[str, str]:
        """Return the facts of the message that have to be just so."""
        facts = {key: fact.text for key, fact in self.witness.facts.items() if key != IN_FULL}
        return {key: text for key, text in facts.items() if text is not None}


@dataclass(frozen=True, slots=True)
class Overlaps:
    """The overlaps of a table."""

    found: tuple[Overlap, ...]
    """In the effective order of the first rule, then of the second."""
    complete: bool
    """False where the search was given up, so that there may be more."""


def find_overlaps(table: RoutingTable, most_steps: int = STEPS) -> Overlaps:
    """Return the pairs of rules in which each matches some messages that the other does not.

    A rule that comes before a more general one is how exceptions are written, and none of these.
    Nor is a denial, or the rule for simple messages that takes what is left.
    """
    steps, laws = Steps(most_steps), Laws.of(table)
    found: list[Overlap] = []
    try:
        for first, second in _pairs(table, steps):
            witness = _witness(table, first, second, laws, steps)
            if witness is not None:
                found.append(Overlap(first, second, witness))
    except TooManySteps:
        return Overlaps(tuple(found), complete=False)
    return Overlaps(tuple(found), complete=True)


def _witness(
    table: RoutingTable, first: Rule, second: Rule, laws: Laws, steps: Steps
) -> Witness | None:
    both = [first.match, second.match]
    for wanted, unwanted in ((both, []), (both[:1], both[1:]), (both[1:], both[:1])):
        if find_witness(wanted, unwanted, laws, steps) is None:
            return None
    # Last, for it is the dearest: what no earlier rule takes.
    steps.take(first.index)
    before = [rule.match for rule in table.rules[: first.index]]
    witness = find_witness(both, before, laws, steps)
    return witness if witness is not None and witness.exact else None


def _pairs(table: RoutingTable, steps: Steps) -> Iterator[tuple[Rule, Rule]]:
    """Yield the pairs that are worth a search."""
    judged = [rule for rule in table.rules if not rule.denies and rule.entry != Section.SIMPLE]
    for first, second in combinations(judged, 2):
        steps.take()
        same = (first.target, first.split) == (second.target, second.split)
        if not same and not _apart(first, second):
            yield first, second


def _apart(one: Rule, other: Rule) -> bool:
    """Tell whether the two want different texts of one fact, which is seen at once."""
    texts = {
        condition.key: condition.predicate.values
        for condition in one.match
        if isinstance(condition.predicate, AnyOf)
    }
    return any(
        isinstance(condition.predicate, AnyOf)
        and condition.key in texts
        and texts[condition.key].isdisjoint(condition.predicate.values)
        for condition in other.match
    )
