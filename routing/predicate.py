"""What a rule can ask of one fact: the closed set of operators.

A fact is text; None is a fact that the message does not have. It fails everything but `NoneOf`,
`NotAll` and `Exists(False)`. Two predicates that ask the same are equal.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import ge, gt, le, lt
from types import MappingProxyType

from routing.pattern import Pattern
from routing.time_window import TimeWindow

_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,4})?", re.ASCII)
_LONGEST = 88
"""Characters of the longest number. What is longer is not remembered either: it may be a MiB."""
COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {"gt": gt, "gte": ge, "lt": lt, "lte": le}
)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The fact equals one of these texts. A plain scalar is a set of one."""

    values: frozenset[str]

    def holds(self, fact: str | None) -> bool:
        return fact in self.values


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The fact is missing, or equals none of these texts."""

    values: frozenset[str]

    def holds(self, fact: str | None) -> bool:
        return fact not in self.values


@dataclass(frozen=True, slots=True)
class PlatformAmong:
    """The platform, its instance included, is one of these. A name without one means any."""

    names: frozenset[str]
    """`hub`, or `hub:slate`."""
    inverted: bool = False

    def holds(self, fact: str | None) -> bool:
        if fact is None:
            return self.inverted
        among = fact in self.names or fact.partition(":")[0] in self.names
        return among is not self.inverted


@dataclass(frozen=True, slots=True)
class Exists:
    """The message has the fact, or has it not."""

    wanted: bool

    def holds(self, fact: str | None) -> bool:
        return (fact is not None) is self.wanted


@dataclass(frozen=True, slots=True)
class StartsWith:
    """The fact begins with one of these texts."""

    texts: tuple[str, ...]

    def holds(self, fact: str | None) -> bool:
        return fact is not None and fact.startswith(self.texts)


@dataclass(frozen=True, slots=True)
class EndsWith:
    """The fact ends with one of these texts."""

    texts: tuple[str, ...]

    def holds(self, fact: str | None) -> bool:
        return fact is not None and fact.endswith(self.texts)


@dataclass(frozen=True, slots=True)
class Matches:
    """The whole fact fits one of these patterns."""

    patterns: tuple[Pattern, ...]

    def holds(self, fact: str | None) -> bool:
        return fact is not None and any(pattern.fits(fact) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Compares:
    """The fact is a number on this side of a bound; what is no number is on neither."""

    operator: str
    """`gt`, `gte`, `lt` or `lte`."""
    bound: Decimal

    def holds(self, fact: str | None) -> bool:
        number = None if fact is None else as_number(fact)
        return number is not None and COMPARISONS[self.operator](number, self.bound)


@dataclass(frozen=True, slots=True)
class Within:
    """The moment, as RFC 3339, lies in the window."""

    window: TimeWindow

    def holds(self, fact: str | None) -> bool:
        return fact is not None and self.window.holds(fact)


@dataclass(frozen=True, slots=True)
class NotAll:
    """The fact is missing, or does not fulfil all of these."""

    predicates: tuple["Predicate", ...] = field()

    def holds(self, fact: str | None) -> bool:
        return fact is None or not all(each.holds(fact) for each in self.predicates)


@dataclass(frozen=True, slots=True)
class WithoutInstance:
    """The platform, its instance left out, fulfils this."""

    predicate: "Predicate"

    def holds(self, fact: str | None) -> bool:
        return self.predicate.holds(None if fact is None else fact.partition(":")[0])


Predicate = (
    AnyOf
    | NoneOf
    | PlatformAmong
    | Exists
    | StartsWith
    | EndsWith
    | Matches
    | Compares
    | Within
    | NotAll
    | WithoutInstance
)


def as_number(text: str) -> Decimal | None:
    """Return the number that a text is, exactly; None if it is none, or an absurdly long one."""
    return _as_number(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=256)  # one message is compared with many bounds
def _as_number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None
