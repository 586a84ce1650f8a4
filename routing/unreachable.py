"""Finds rules that can never match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.earlier_rules import EarlierRules
from routing.laws import Laws
from routing.read_match import Match
from routing.search import Steps, TooManySteps
from routing.witness import STEPS, Witness, find_witness, refine

_WEIGHED = 24
_STEPS_IN_ALL = 1_000_000  # a second or so
_STEPS_TO_TELL = 200_000  # by whom, of all rules that are hidden
_STEPS_AT_LEAST = 100  # more than any rule takes that overlaps with few


@dataclass(frozen=True, slots=True)
class Hidden:
    """A rule that no message gets to."""

    behind: tuple[int, ...]
    """The places of earlier rules that together take every message it could, as few as were found;
    none if there is no such message."""


def unreachable(
    matches: Sequence[Match], laws: Sequence[Laws], steps: int = STEPS
) -> list[Hidden | None]:
    """Return for each rule, in effective order, whether it can never match.

    `laws` are those of each rule. A rule that is told as hidden is; one that is not may be, where
    conditions are taken as independent (see `find_witness`), where it takes more than `steps` to
    judge, or where the table has used up its own: some hundreds of rules that overlap with most
    of the others do that.
    """
    earlier = EarlierRules()
    found: list[Hidden | None] = []
    left, to_tell = _STEPS_IN_ALL, Steps(_STEPS_TO_TELL)
    for place, (match, law) in enumerate(zip(matches, laws, strict=True)):
        counted = Steps(min(steps, max(left, _STEPS_AT_LEAST)))
        given = counted.left
        behind = _behind(match, earlier, law, counted)
        left -= given - counted.left
        if behind is None:
            # What never matches takes nothing from those after it.
            earlier.add(place, match)
            found.append(None)
        else:
            found.append(Hidden(_fewest(match, behind, law, to_tell)))
    return found


def _behind(
    match: Match, earlier: EarlierRules, laws: Laws, steps: Steps
) -> dict[int, Match] | None:
    """Return earlier rules that together take every message; None if one is left, or unknown."""
    behind: dict[int, Match] = {}

    def objections(witness: Witness) -> list[Match]:
        found = dict(earlier.fulfilled(witness, steps))
        behind.update(found)
        return list(found.values())

    try:
        if refine([match], objections, laws, steps) is not None:
            return None
    except TooManySteps:
        return None
    return dict(sorted(behind.items()))


def _fewest(match: Match, behind: Mapping[int, Match], laws: Laws, steps: Steps) -> tuple[int, ...]:
    """Return the first rule that hides it alone, else rules of which none can be spared.

    Once the steps are used up, it may be more than that.
    """
    if len(behind) < 2:
        return tuple(behind)
    needed = dict(behind)
    try:
        for place, other in behind.items():
            if find_witness([match], [other], laws, steps) is None:
                return (place,)
        for place in reversed(list(behind)[:_WEIGHED]):
            others = [other for at, other in needed.items() if at != place]
            if find_witness([match], others, laws, steps) is None:
                del needed[place]
    except TooManySteps:
        pass
    return tuple(needed)
