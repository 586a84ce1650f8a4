"""Finds the first matching rule in one step for each key, however many rules there are."""

from collections.abc import Mapping, Sequence

from routing.context import METADATA, RoutingContext, reader
from routing.predicate import AnyOf, Predicate
from routing.rule import Rule

REMEMBERED = 4096
_LONGEST = 1024
"""Characters of facts that are remembered together: longer ones are few, or somebody's attack."""
_UNKNOWN = -1
_UNBOUNDED = ("time", "text.length", "text.words", "text.simple", "hops")


class RuleIndex:
    """The rules of a table by what they want.

    A set of rules is one integer: bit i stands for the rule at place i of the effective order. For
    each key that any rule compares with texts there is the set that each text satisfies; for each
    other predicate, the set of rules that ask for it. What is left of all rules after every key and
    predicate has had its say, matches; the lowest bit of it is the first.
    """

    def __init__(self, rules: Sequence[Rule], remembered: int = REMEMBERED) -> None:
        self._all = (1 << len(rules)) - 1
        texts, predicates = _asked(rules)
        keys = tuple(dict.fromkeys((*texts, *(key for key, _ in predicates))))
        self._readers = tuple(reader(key) for key in keys)
        self._texts = tuple(self._sets(places) for places in texts.values())
        """For each of the first keys: text to rules, and the rules that do not ask for the key."""
        self._predicates = tuple(
            (keys.index(key), predicate, bits) for (key, predicate), bits in predicates.items()
        )
        self._remembered = 0 if any(_is_unbounded(key) for key in keys) else remembered
        self._memo: dict[tuple[str | None, ...], int | None] = {}

    def _sets(self, places: Mapping[int, frozenset[str]]) -> tuple[dict[str | None, int], int]:
        indifferent = self._all
        satisfied: dict[str | None, int] = {}
        for place, values in places.items():
            bit = 1 << place
            indifferent ^= bit
            for value in values:
                satisfied[value] = satisfied.get(value, 0) | bit
        return {value: bits | indifferent for value, bits in satisfied.items()}, indifferent

    def first(self, context: RoutingContext) -> int | None:
        """Return the place of the first rule that matches, None if none does.

        Where no rule asks for the clock, the content or other things without bound, the answer for
        the same facts is remembered.
        """
        facts = tuple([read(context) for read in self._readers])
        if not self._remembered:
            return self._first(facts)
        place = self._memo.get(facts, _UNKNOWN)
        if place == _UNKNOWN:
            place = self._first(facts)
            if sum(len(fact) for fact in facts if fact is not None) <= _LONGEST:
                if len(self._memo) >= self._remembered:
                    self._memo.clear()
                self._memo[facts] = place
        return place

    def _first(self, facts: tuple[str | None, ...]) -> int | None:
        left = self._all
        for fact, (satisfied, indifferent) in zip(facts, self._texts, strict=False):
            left &= satisfied.get(fact, indifferent)
        for place, predicate, bits in self._predicates:
            if left & bits and not predicate.holds(facts[place]):
                left ^= left & bits
        return (left & -left).bit_length() - 1 if left else None


def _is_unbounded(key: str) -> bool:
    return key in _UNBOUNDED or key.startswith(METADATA)


def _asked(
    rules: Sequence[Rule],
) -> tuple[dict[str, dict[int, frozenset[str]]], dict[tuple[str, Predicate], int]]:
    """Return what is asked: key to place to texts, and (key, other predicate) to a set of rules."""
    texts: dict[str, dict[int, frozenset[str]]] = {}
    predicates: dict[tuple[str, Predicate], int] = {}
    for place, rule in enumerate(rules):
        for condition in rule.match:
            key, predicate = condition.key, condition.predicate
            if isinstance(predicate, AnyOf):
                before = texts.setdefault(key, {}).get(place, predicate.values)
                # Asked twice about one key, a rule wants what fulfils both.
                texts[key][place] = before & predicate.values
            else:
                asked = (key, predicate)
                predicates[asked] = predicates.get(asked, 0) | 1 << place
    return texts, predicates
