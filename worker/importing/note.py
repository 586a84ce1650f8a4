"""What was done with the parts of a foreign configuration."""

from dataclasses import dataclass
from enum import StrEnum

from routing.node import MappingNode
from routing.problem import Placed


class NoteKind(StrEnum):
    """What became of a part."""

    KEPT = "kept"
    CHANGED = "changed"
    """It is there, and not as it was, or not with quite the same effect."""
    DROPPED = "dropped"
    UNKNOWN = "unknown"
    """The file does not say it, and somebody has to."""


@dataclass(frozen=True, slots=True)
class Note:
    """One line for people. It quotes names and paths of the source, never a value."""

    kind: NoteKind
    line: int
    """From 1, in the source."""
    text: str


class Notes:
    """Collects notes."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def kept(self, place: Placed, text: str) -> None:
        self._notes.append(Note(NoteKind.KEPT, place.line, text))

    def changed(self, place: Placed, text: str) -> None:
        self._notes.append(Note(NoteKind.CHANGED, place.line, text))

    def dropped(self, place: Placed, text: str) -> None:
        self._notes.append(Note(NoteKind.DROPPED, place.line, text))

    def unknown(self, place: Placed, text: str) -> None:
        self._notes.append(Note(NoteKind.UNKNOWN, place.line, text))

    @property
    def in_order(self) -> tuple[Note, ...]:
        """Every note, in the order of the source."""
        return tuple(sorted(self._notes, key=lambda note: note.line))


def start_of(node: MappingNode) -> Placed:
    """Return where a mapping stands: at its first key, which has a line of its own."""
    return node.entries[0].key if node.entries else node
