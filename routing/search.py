"""Looks for facts that fulfil clauses: claims what must be, and tries what may be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.claim import Claim, Clause
from routing.domain import Facts, axis_of, domain
from routing.possible import Possible, judge
from routing.predicate import AnyOf, Predicate

_DEEPEST = 400


class TooManySteps(Exception):
    """The search was given up before it came to an answer."""


class Steps:
    """Counts what a search does, and ends it where it was promised to end."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, count: int = 1) -> None:
        """Count steps. Raises TooManySteps."""
        self.left -= count
        if self.left < 0:
            raise TooManySteps


@dataclass(slots=True)
class Found:
    """What is left when every clause is fulfilled: any of it will do."""

    left: dict[str, int]
    """Axis to the places in its domain that are still possible, one bit each."""
    claimed: dict[tuple[str, Predicate], bool]
    """What was settled of facts that are another text."""

    def copy(self) -> "Found":
        return Found(dict(self.left), dict(self.claimed))


class Search:
    """One question: are there facts for which one of the ways of every clause is true?"""

    def __init__(self, clauses: Sequence[Clause], steps: Steps) -> None:
        self._clauses = clauses
        self._steps = steps
        asked: dict[str, dict[str, dict[Predicate, None]]] = {}
        for clause in clauses:
            for way in clause:
                for claim in way:
                    of_axis = asked.setdefault(axis_of(claim.key), {})
                    of_axis.setdefault(claim.key, {})[claim.predicate] = None
        only = only_texts(clauses)
        self.domains = {axis: domain(axis, keys, only) for axis, keys in asked.items()}
        self._bits: dict[Claim, tuple[int, int]] = {}

    def first(self) -> Found | None:
        """Return the first answer, None if there is none. Raises TooManySteps."""
        left = {axis: (1 << len(facts)) - 1 for axis, facts in self.domains.items()}
        return self._solve(self._clauses, Found(left, {}), 0)

    def _solve(self, clauses: Sequence[Clause], found: Found, depth: int) -> Found | None:
        open_ones = self._propagate(clauses, found)
        if open_ones is None or not open_ones:
            return None if open_ones is None else found
        if depth > _DEEPEST:
            raise TooManySteps
        clause = min(open_ones, key=len)
        rest = [each for each in open_ones if each is not clause]
        for way in clause:
            tried = found.copy()
            if self._claim(way, tried) and (answer := self._solve(rest, tried, depth + 1)):
                return answer
            # What led nowhere is false in whatever is tried next.
            if len(way) == 1 and not self._claim((_denied(way[0]),), found):
                return None
        return None

    def _propagate(self, clauses: Sequence[Clause], found: Found) -> list[Clause] | None:
        """Claim what has no alternative; return the clauses that still have, None if one failed."""
        changed = True
        while changed:
            changed = False
            left: list[Clause] = []
            for clause in clauses:
                ways = self._open_ways(clause, found)
                if ways is None:
                    continue
                if len(ways) > 1:
                    left.append(ways)
                elif not ways or not self._claim(ways[0], found):
                    return None
                else:
                    changed = True
            clauses = left
        return list(clauses)

    def _open_ways(self, clause: Clause, found: Found) -> Clause | None:
        """Return the ways that are neither true nor false yet, None if one is true."""
        self._steps.take(sum(map(len, clause)))
        ways = []
        for way in clause:
            states = [self._state(claim, found) for claim in way]
            if all(states):
                return None
            if False not in states:
                ways.append(way)
        return tuple(ways)

    def _state(self, claim: Claim, found: Found) -> bool | None:
        settled = found.claimed.get((claim.key, claim.predicate))
        if settled is not None:
            return settled is claim.holds
        left = found.left[axis_of(claim.key)]
        possible, certain = self._bits_of(claim)
        if not left & possible:
            return False
        return None if left & ~certain else True

    def _claim(self, claims: Iterable[Claim], found: Found) -> bool:
        for claim in claims:
            state = self._state(claim, found)
            if state is False:
                return False
            if state is None:
                possible, certain = self._bits_of(claim)
                found.left[axis_of(claim.key)] &= possible
                if possible != certain:
                    found.claimed[claim.key, claim.predicate] = claim.holds
        return True

    def _bits_of(self, claim: Claim) -> tuple[int, int]:
        """Return the places where a claim may be true, and those where it is."""
        bits = self._bits.get(claim)
        if bits is None:
            self._steps.take(len(self.domains[axis_of(claim.key)]))
            possible = certain = 0
            for place, facts in enumerate(self.domains[axis_of(claim.key)]):
                judged = judge(claim.predicate, facts[claim.key])
                possible |= (judged is None or judged is claim.holds) << place
                certain |= (judged is claim.holds) << place
            bits = self._bits[claim] = (possible, certain)
        return bits


def chosen(search: Search, found: Found) -> Mapping[str, tuple[Facts, bool]]:
    """Return for each axis the facts chosen, and whether all that is claimed of them is certain."""
    choices = {}
    for axis, facts in search.domains.items():
        left = found.left[axis]
        asked = [claim for claim in found.claimed if axis_of(claim[0]) == axis]
        places = [place for place in range(len(facts)) if left >> place & 1]
        sure = (
            place
            for place in places
            if all(judge(predicate, facts[place][key]) is not None for key, predicate in asked)
        )
        place = next(sure, None)
        choices[axis] = (facts[places[0] if place is None else place], place is not None)
    return choices


def possible(search: Search, found: Found, key: str) -> list[Possible]:
    """Return all that a fact may still be; nothing where nothing was asked of it."""
    facts = search.domains.get(axis_of(key), ())
    left = found.left.get(axis_of(key), 0)
    return [each[key] for place, each in enumerate(facts) if left >> place & 1]


def only_texts(clauses: Iterable[Clause]) -> Mapping[str, frozenset[str]]:
    """Return the texts of which a fact has to be one, whatever else is so."""
    only: dict[str, frozenset[str]] = {}
    for clause in clauses:
        if len(clause) == 1:
            for key, predicate, holds in clause[0]:
                if holds and isinstance(predicate, AnyOf):
                    only[key] = only.get(key, predicate.values) & predicate.values
    return only


def _denied(claim: Claim) -> Claim:
    return claim._replace(holds=not claim.holds)
