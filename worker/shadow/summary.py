"""What a shadow has decided so far, in figures."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Summary:
    """Counts decisions: per rule how many went to which model, and the dead by reason."""

    messages: int = 0
    duplicates: int = 0
    rules: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Name of the rule (`base` for none) to model to how many turns."""
    dead: Counter[str] = field(default_factory=Counter)
    source_kinds: Counter[str] = field(default_factory=Counter)

    def fields(self) -> dict[str, Any]:
        """Return the figures, for a line of the log."""
        return {
            "messages": self.messages,
            "duplicates": self.duplicates,
            "source_kinds": dict(self.source_kinds),
            "rules": {rule: dict(models) for rule, models in self.rules.items()},
            "dead": dict(self.dead),
        }

    def lines(self) -> Iterator[str]:
        """The figures for people: a line for each rule and model, the most first."""
        yield f"{self.messages:,} messages"
        turns = [
            (count, f"{rule} -> {model}")
            for rule, models in self.rules.items()
            for model, count in models.items()
        ]
        dead = [(count, f"dead: {reason}") for reason, count in self.dead.items()]
        repeats = [(self.duplicates, "repeats, dropped")] if self.duplicates else []
        for count, what in (*sorted(turns, key=_most), *sorted(dead, key=_most), *repeats):
            yield f"{count:>12,}  {what}"


def _most(entry: tuple[int, str]) -> tuple[int, str]:
    return -entry[0], entry[1]
