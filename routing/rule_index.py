"""Finds the first matching rule in one step for each key, however many rules there are."""

from collections.abc import Callable, Sequence

from routing.condition import Condition
from routing.predicate import AnyOf, Predicate
from routing.rule import Rule

_REMEMBERED = 4096
_UNBOUNDED = ("time", "text.length", "text.words", "text.simple", "hops")
_METADATA = "metadata."

Fact = Callable[[str], str | None]


class RuleIndex:
    """The rules of a table by what they want.

    A set of rules is one integer: bit i stands for the rule at place i of the effective order. For
    each key that any rule compares with texts there is the set that each text satisfies; for each
    other predicate, the set of rules that ask for it. What is left of all rules after every key and
    predicate has had its say, matches; the lowest bit of it is the first.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._all = (1 << len(rules)) - 1
        self._indifferent: dict[str, int] = {}
        self._satisfied: dict[str, dict[str | None, int]] = {}
        self._predicates: dict[str, dict[Predicate, int]] = {}
        wanted: dict[str, dict[int, frozenset[str]]] = {}
        for place, rule in enumerate(rules):
            for condition in rule.match:
                self._add(place, condition, wanted)
        for key, places in wanted.items():
            self._compile(key, places)
        self._keys = tuple(dict.fromkeys((*self._satisfied, *self._predicates)))
        self._memo: dict[tuple[str | None, ...], int | None] | None = (
            None if any(_is_unbounded(key) for key in self._keys) else {}
        )

    def _add(
        self, place: int, condition: Condition, wanted: dict[str, dict[int, frozenset[str]]]
    ) -> None:
        key, predicate = condition.key, condition.predicate
        if isinstance(predicate, AnyOf):
            places = wanted.setdefault(key, {})
            before = places.get(place)
            # Asked twice about one key, a rule wants what fulfils both.
            places[place] = predicate.values if before is None else before & predicate.values
        else:
            sets = self._predicates.setdefault(key, {})
            sets[predicate] = sets.get(predicate, 0) | 1 << place

    def _compile(self, key: str, places: dict[int, frozenset[str]]) -> None:
        indifferent = self._all
        satisfied: dict[str | None, int] = {}
        for place, values in places.items():
            bit = 1 << place
            indifferent ^= bit
            for value in values:
                satisfied[value] = satisfied.get(value, 0) | bit
        self._indifferent[key] = indifferent
        self._satisfied[key] = {value: bits | indifferent for value, bits in satisfied.items()}

    def first(self, fact: Fact) -> int | None:
        """Return the place of the first rule that matches; `fact` gives the fact for a key.

        Where no rule asks for the clock, the content or other things without bound, the answer for
        the same facts is remembered.
        """
        if self._memo is None:
            return self._first(fact)
        facts = tuple([fact(key) for key in self._keys])
        if facts in self._memo:
            return self._memo[facts]
        if len(self._memo) >= _REMEMBERED:
            self._memo.clear()
        place = self._memo[facts] = self._first(dict(zip(self._keys, facts, strict=True)).get)
        return place

    def _first(self, fact: Fact) -> int | None:
        left = self._all
        for key, satisfied in self._satisfied.items():
            left &= satisfied.get(fact(key), self._indifferent[key])
            if not left:
                return None
        for key, predicates in self._predicates.items():
            asked = None
            for predicate, bits in predicates.items():
                if left & bits:
                    asked = fact(key) if asked is None else asked
                    if not predicate.holds(asked):
                        left ^= left & bits
        return (left & -left).bit_length() - 1 if left else None


def _is_unbounded(key: str) -> bool:
    return key in _UNBOUNDED or key.startswith(_METADATA)
