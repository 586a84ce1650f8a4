"""Finds the first matching rule in one step for each key, however many rules there are."""

from collections.abc import Callable, Sequence

from routing.rule import Rule


class RuleIndex:
    """The rules of a table by what they want.

    A set of rules is one integer: bit i stands for the rule at place i of the effective order. For
    each key that any rule asks for there is the set that each value satisfies. The rules that
    match are in all of the sets that the facts select; the lowest bit left is the first of them.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._all = (1 << len(rules)) - 1
        self._indifferent: dict[str, int] = {}
        self._satisfied: dict[str, dict[str | None, int]] = {}
        for key in dict.fromkeys(key for rule in rules for key, _ in rule.match):
            self._add(key, rules)

    def _add(self, key: str, rules: Sequence[Rule]) -> None:
        indifferent = 0
        wanted: dict[str, int] = {}
        for place, rule in enumerate(rules):
            values = {value for name, value in rule.match if name == key}
            if not values:
                indifferent |= 1 << place
            elif len(values) == 1:  # two values of one key are more than any fact can equal
                value = values.pop()
                wanted[value] = wanted.get(value, 0) | 1 << place
        self._indifferent[key] = indifferent
        self._satisfied[key] = {value: bits | indifferent for value, bits in wanted.items()}

    def first(self, fact: Callable[[str], str | None]) -> int | None:
        """Return the place of the first rule that matches; `fact` gives the fact for a key."""
        left = self._all
        for key in self._indifferent:
            if not left:
                return None
            left &= self._set(key, fact(key))
        return (left & -left).bit_length() - 1 if left else None

    def satisfies(self, place: int, key: str, fact: str | None) -> bool:
        """Tell whether a fact is what the rule at `place` wants of `key`."""
        return bool(self._set(key, fact) >> place & 1)

    def _set(self, key: str, fact: str | None) -> int:
        return self._satisfied[key].get(fact, self._indifferent[key])
