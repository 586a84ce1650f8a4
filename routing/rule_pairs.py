"""Which two rules, one of each table, may decide about the same message."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from routing.condition import Condition
from routing.predicate import AnyOf
from routing.read_match import Match

_Label = Hashable


@dataclass(frozen=True, slots=True)
class Pair:
    """A place in each table's order; the one after the last rule is the base."""

    old: int
    new: int
    old_before: int
    """A bit for each earlier rule of the old table that may match as well."""
    new_before: int


def rule_pairs(
    old: Sequence[Match],
    new: Sequence[Match],
    old_outcomes: Sequence[Hashable],
    new_outcomes: Sequence[Hashable],
) -> Iterator[Pair]:
    """Yield the pairs whose outcomes differ, less those that are seen at once to be impossible.

    The outcomes are in the order of the rules, that of the base last. A pair is impossible where
    the two contradict each other, and where an earlier rule takes all that one of them matches:
    so, of two tables that are much alike, few pairs are left.
    """
    before, after = _Side(old), _Side(new)
    same: dict[Hashable, int] = {}
    for place, outcome in enumerate(new_outcomes):
        same[outcome] = same.get(outcome, 0) | 1 << place
    # A rule of the new table is out of the question once the old one has taken all it matches.
    taken: dict[int, int] = {}
    for place, match in enumerate((*new, ())):
        last = before.first_implied_by(match)
        taken[last] = taken.get(last, 0) | 1 << place
    left = (1 << len(new) + 1) - 1
    for i, match in enumerate((*old, ())):
        last = after.first_implied_by(match)
        possible = left & ((2 << last) - 1) & ~same.get(old_outcomes[i], 0)
        left &= ~taken.get(i, 0)
        if possible:
            possible &= after.agreeing(match) | 1 << len(new)
        for j in _bits(possible):
            other = new[j] if j < len(new) else ()
            yield Pair(
                i,
                j,
                before.agreeing(match) & before.agreeing(other) & ((1 << i) - 1),
                after.agreeing(match) & after.agreeing(other) & ((1 << j) - 1),
            )


def chosen_by(bits: int, matches: Sequence[Match]) -> list[Match]:
    """Return the matches that the bits of a pair stand for."""
    return [matches[place] for place in _bits(bits)]


def _bits(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class _Side:
    """The rules of one table by the texts that they want."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self._matches = matches
        self._all = (1 << len(matches)) - 1
        self._indifferent: dict[str, int] = {}
        self._wanting: dict[str, dict[str, int]] = {}
        for place, match in enumerate(matches):
            for condition in match:
                self._add(place, condition)
        self._filed: dict[_Label, list[int]] = {}
        self._file()

    def _add(self, place: int, condition: Condition) -> None:
        if not isinstance(condition.predicate, AnyOf):
            return
        key, bit = condition.key, 1 << place
        self._indifferent[key] = self._indifferent.get(key, self._all) & ~bit
        wanting = self._wanting.setdefault(key, {})
        for value in condition.predicate.values:
            wanting[value] = wanting.get(value, 0) | bit

    def _file(self) -> None:
        """File each rule under the rarest thing that it asks for, so that few are looked at."""
        count = Counter(
            label for match in self._matches for condition in match for label in _labels(condition)
        )
        for place, match in enumerate(self._matches):
            rarest = min(match, key=lambda each: max(count[label] for label in _labels(each)))
            for label in _labels(rarest):
                self._filed.setdefault(label, []).append(place)

    def agreeing(self, match: Match) -> int:
        """Return the rules that want no other texts than this match does."""
        agreeing = self._all
        for key, values in _texts(match).items():
            if key in self._wanting:
                wanting = self._wanting[key]
                bits = self._indifferent[key]
                for value in values:
                    bits |= wanting.get(value, 0)
                agreeing &= bits
        return agreeing

    def first_implied_by(self, match: Match) -> int:
        """Return the place of the first rule that matches whatever this does; else the base's."""
        asked, texts = frozenset(match), _texts(match)
        # A rule that takes all of several texts is filed under each of them.
        labels: list[_Label] = [(key, next(iter(each), "")) for key, each in texts.items()]
        labels.extend(match)
        found = len(self._matches)
        for label in labels:
            for place in self._filed.get(label, ()):
                if place >= found:
                    break
                if all(_implied(each, asked, texts) for each in self._matches[place]):
                    found = place
        return found


def _labels(condition: Condition) -> Sequence[_Label]:
    if isinstance(condition.predicate, AnyOf):
        return [(condition.key, value) for value in condition.predicate.values]
    return [condition]


def _texts(match: Match) -> dict[str, frozenset[str]]:
    """Return the texts that each key may have, as far as lists of texts say."""
    texts: dict[str, frozenset[str]] = {}
    for condition in match:
        if isinstance(condition.predicate, AnyOf):
            values = condition.predicate.values
            texts[condition.key] = values & texts.get(condition.key, values)
    return texts


def _implied(
    condition: Condition, asked: frozenset[Condition], texts: Mapping[str, frozenset[str]]
) -> bool:
    if condition in asked:
        return True
    predicate = condition.predicate
    if not isinstance(predicate, AnyOf) or condition.key not in texts:
        return False
    return texts[condition.key] <= predicate.values
