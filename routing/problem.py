"""What is wrong with a table, and where."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from routing.written_key import without_written_key

_QUOTED = 80
_QUOTED_NAME = re.compile(r"`[^`]+`")


class Severity(StrEnum):
    """An error stops start-up and refuses a reload; a warning is said and lived with."""

    ERROR = "error"
    WARNING = "warning"


class Placed(Protocol):
    """Anything that stands somewhere in a file; lines and columns count from 1."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. Its texts quote names from the file, never a key or what a variable holds."""

    severity: Severity
    line: int
    """From 1; 0 where the problem is the file itself."""
    column: int
    message: str
    hint: str | None = None

    @property
    def text(self) -> str:
        """The message and its hint, as one line."""
        return self.message if self.hint is None else f"{self.message}; {self.hint}"

    def render(self, file: str) -> str:
        """Return `FILE:LINE:COLUMN: error: message; hint`, one line that is printable."""
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        return _printable(f"{place}: {self.severity}: {self.text}")


def quote(text: str) -> str:
    """Return a name from the file as it is shown in a message: one short, printable line."""
    text = without_written_key(text)
    return f"`{_printable(text[:_QUOTED])}{'…' if len(text) > _QUOTED else ''}`"


def without_quoted_keys(message: str) -> str:
    """Return a message in which no name, nor any in a path, has a key in it."""
    return _QUOTED_NAME.sub(lambda found: f"`{without_written_key(found[0][1:-1])}`", message)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
