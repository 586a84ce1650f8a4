"""One thing that a rule asks of a message."""

from dataclasses import dataclass, field

from routing.predicate import Predicate


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact, and what it has to be."""

    key: str
    """The fact, as `RoutingContext.fact` knows it."""
    predicate: Predicate
    written: str = field(compare=False)
    """The predicate in words for people, such as `hub` or `prefix dev-`."""

    def holds(self, fact: str | None) -> bool:
        return self.predicate.holds(fact)

    def __str__(self) -> str:
        return f"{self.key}: {self.written}"
