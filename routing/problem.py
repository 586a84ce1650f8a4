"""What is wrong with a table, and where."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

_QUOTED = 80
_KEY_INSIDE = re.compile(r"((?:key|token|secret|password)\s*[:=]).+", re.IGNORECASE | re.DOTALL)


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
    """Return a name from the file as it is shown in a message: one short, printable line.

    `api_key:…` without its space reads as one long name with a key in it, so that part is cut.
    """
    text = _KEY_INSIDE.sub(r"\1…", text)
    return f"`{_printable(text[:_QUOTED])}{'…' if len(text) > _QUOTED else ''}`"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
