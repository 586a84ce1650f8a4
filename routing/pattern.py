"""Patterns over a whole text: globs and regular expressions, in time linear in the text."""

from dataclasses import dataclass, field
from typing import Any

import re2  # type: ignore[import-untyped]

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class BadPattern(ValueError):
    """This is no pattern; the message says why, in words for people."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern, compiled. Equal to another of the same meaning as written."""

    expression: str
    """In RE2's syntax; it has to fit from the first character to the last."""
    _compiled: Any = field(compare=False, repr=False)

    def fits(self, text: str) -> bool:
        """Tell whether the whole text fits."""
        return self._compiled.fullmatch(text) is not None


def regex(expression: str) -> Pattern:
    """Compile a regular expression. Raises BadPattern."""
    try:
        return Pattern(expression, re2.compile(expression, _OPTIONS))
    except re2.error as error:
        raise BadPattern(bytes(error.args[0]).decode("utf-8", "replace")) from None


def glob(text: str) -> Pattern:
    """Compile a glob: `*` any run of characters, `?` one, `[abc]`, `[a-z]` and `[!a]` sets.

    A `[` that nothing closes is itself. Raises BadPattern for a set such as `[z-a]`.
    """
    return regex(f"(?s:{''.join(_translated(text))})")


def is_plain_glob(text: str) -> bool:
    """Whether a glob is a text and nothing else."""
    return glob(text) == regex(f"(?s:{re2.escape(text)})")


def _translated(text: str) -> list[str]:
    parts: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif char == "[" and (end := _end_of_set(text, at)) > 0:
            parts.append(_set(text[at:end]))
            at = end + 1
        else:
            parts.append(re2.escape(char))
    return parts


def _end_of_set(text: str, start: int) -> int:
    """Return where the set that begins at `start` is closed, or -1. A `]` may come first in it."""
    first = start + 1 if text[start : start + 1] == "!" else start
    return text.find("]", first + 1)


def _set(inside: str) -> str:
    negated = inside.startswith("!")
    members = inside[1:] if negated else inside
    escaped = "".join(f"\\{char}" if char in "\\[]^&~" else char for char in members)
    return f"[{'^' if negated else ''}{escaped}]"
