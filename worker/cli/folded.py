"""Text that is folded where people would fold it."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_ENDS = "./:,-_@=&?"
"""After these a word may be parted, such as a host after a dot."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Lines for a column. Words stay whole where there is room for them; nothing is cut off."""

    text: Text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.text)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.split("\n", allow_blank=True):
            yield from _pieces(line, max(1, options.max_width))


def _pieces(line: Text, width: int) -> Iterator[Text]:
    """Yield the line, or as many as it takes, the later ones indented as the first is."""
    text = line.plain
    indent = text[: min(len(text) - len(text.lstrip()), width // 2)]
    first, *others = line.divide(_offsets(text, width, len(indent)))
    first.rstrip()
    yield first
    for piece in others:
        piece.rstrip()
        yield Text(indent) + piece


def _offsets(text: str, width: int, indent: int) -> list[int]:
    """Return where to break the text."""
    offsets: list[int] = []
    start, room = 0, width
    while cell_len(text[start:]) > room:
        most = _most(text, start, room)
        start = _sensible(text, start + (0 if offsets else indent), start + most)
        offsets.append(start)
        room = max(1, width - indent)
    return offsets


def _most(text: str, start: int, room: int) -> int:
    """Return how many characters fit; one at least."""
    count = 1
    while cell_len(text[start : start + count + 1]) <= room:
        count += 1
    return count


def _sensible(text: str, start: int, end: int) -> int:
    """Return the last place to break before `end`: after a space, else after a mark, else there."""
    if text[end] == " ":
        return end + 1
    for ends in (" ", _ENDS):
        last = max(text.rfind(mark, start, end) for mark in ends)
        if last >= start:
            return last + 1
    return end
