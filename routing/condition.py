"""One thing that a rule asks of a message."""

from dataclasses import dataclass, field

from routing.predicate import Predicate

PLATFORM_IN_FULL = "platform:instance"
"""The key of a condition on a platform together with its instance."""


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

    @property
    def label(self) -> str:
        """Return the key as the table's author wrote it."""
        return "platform" if self.key == PLATFORM_IN_FULL else self.key

    def __str__(self) -> str:
        return f"{self.label}: {self.written}"
