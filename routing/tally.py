"""Counts where messages go by two tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from routing.outcome import Move, Outcome

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One of the messages that go elsewhere."""

    line: int
    """Its place in the file, from 1."""
    old_route: str | None
    """What the rule is called that decides it by the old table; None where it is no turn."""
    new_route: str | None
    old_conversation: str | None
    new_conversation: str | None


@dataclass(slots=True)
class Group:
    """The messages that go from one outcome to the same other one."""

    move: Move
    count: int = 0
    examples: list[Example] = field(default_factory=list)
    """The first few."""


@dataclass(slots=True)
class Tally:
    """What has been counted so far. It grows with the ways that messages go, not with messages."""

    messages: int = 0
    dead_in_both: int = 0
    _groups: dict[Move, Group] = field(default_factory=dict)

    def add(
        self,
        line: int,
        old: Outcome,
        new: Outcome,
        old_route: str | None,
        new_route: str | None,
    ) -> None:
        """Count a message by its two outcomes."""
        self.messages += 1
        self.dead_in_both += old.is_dead and new.is_dead
        move = Move.between(old, new)
        if move is None:
            return
        group = self._groups.setdefault(move, Group(move))
        group.count += 1
        if len(group.examples) < _EXAMPLES:
            told = (old_route, new_route, old.conversation, new.conversation)
            group.examples.append(Example(line, *told))

    @property
    def moved(self) -> int:
        """How many messages go elsewhere."""
        return sum(group.count for group in self._groups.values())

    @property
    def groups(self) -> Sequence[Group]:
        """Every way from one outcome to another, the most travelled first."""
        return sorted(self._groups.values(), key=lambda group: -group.count)
