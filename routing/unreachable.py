"""Finds rules that can never match."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.earlier_rules import EarlierRules
from routing.laws import Laws
from routing.read_match import Match
from routing.search import Steps, TooManySteps
from routing.witness import STEPS, Witness, find_witness, refine

_WEIGHED = 24
_STEPS_IN_ALL = 4_000_000
_STEPS_AT_LEAST = 200  # more than any rule takes that overlaps with few


@dataclass(frozen=True, slots=True)
class Hidden:
    """A rule that no message gets to."""

    behind: tuple[int, ...]
    """The places of earlier rules that together take every message it could, as few as were found;
    none if there is no such message."""


def unreachable(
    matches: Sequence[Match], laws: Sequence[Laws], steps: int = STEPS
) -> list[Hidden | None]:
    """Return for each rule, in effective order, whether it can never match. Never wrong.

    `laws` are those of each rule. Nothing is missed where all conditions are equality, lists, `in`,
    `not` of those, `exists` and comparisons of whole numbers, unless a rule takes more than `steps`
    to judge, or all of them some millions: thousands would have to overlap with each other.
    """
    earlier = EarlierRules()
    found: list[Hidden | None] = []
    left = _STEPS_IN_ALL
    for place, (match, law) in enumerate(zip(matches, laws, strict=True)):
        counted = Steps(min(steps, max(left, _STEPS_AT_LEAST)))
        given = counted.left
        hidden = _hidden(match, earlier, law, counted)
        left -= given - counted.left
        if hidden is None:
            # What never matches takes nothing from those after it.
            earlier.add(place, match)
        found.append(hidden)
    return found


def _hidden(match: Match, earlier: EarlierRules, laws: Laws, steps: Steps) -> Hidden | None:
    behind: dict[int, Match] = {}
    most = steps.left

    def objections(witness: Witness) -> list[Match]:
        found = dict(earlier.fulfilled(witness, steps))
        behind.update(found)
        return list(found.values())

    try:
        if refine([match], objections, laws, steps) is not None:
            return None
    except TooManySteps:
        return None
    return Hidden(_fewest(match, dict(sorted(behind.items())), laws, most))


def _fewest(match: Match, behind: dict[int, Match], laws: Laws, most: int) -> tuple[int, ...]:
    """Return the first rule that hides it alone, else rules of which none can be spared."""
    if len(behind) < 2:
        return tuple(behind)
    for place, other in behind.items():
        if not _is_left(match, [other], laws, most):
            return (place,)
    needed = dict(behind)
    for place in reversed(list(behind)[:_WEIGHED]):
        others = [other for at, other in needed.items() if at != place]
        if not _is_left(match, others, laws, most):
            del needed[place]
    return tuple(needed)


def _is_left(match: Match, others: Sequence[Match], laws: Laws, most: int) -> bool:
    try:
        return find_witness([match], others, laws, Steps(most)) is not None
    except TooManySteps:
        return True
