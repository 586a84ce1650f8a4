"""A line of the log as it is written: not too long, and every character seen for what it is."""

import json
from collections.abc import Callable, Mapping
from typing import Any

MOST_BYTES = 4096
"""How long a line may get by texts that somebody else wrote."""
_ROOM = (500, 200, 50, 10)  # characters of each text, tried one after the other

Write = Callable[[Any, str, dict[str, Any]], Any]
"""Renders the fields of an event: (logger, method, fields) to text."""


def plain_line(write: Write) -> Write:
    """Have a renderer for people write out what would move, hide or turn round other characters."""

    def seen(log: Any, method: str, event: dict[str, Any]) -> Any:
        # Before it renders: the colours it adds are control characters, too.
        return write(log, method, {name: _seen(value) for name, value in event.items()})

    return _bounded(seen)


def json_line(write: Write) -> Write:
    """Have a JSON renderer escape the same characters; JSON itself escapes only a few."""

    def escaped(log: Any, method: str, event: dict[str, Any]) -> str:
        line = str(write(log, method, event))
        if line.isprintable():
            return line
        return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)

    return _bounded(escaped)


def _bounded(write: Write) -> Write:
    def render(log: Any, method: str, event: Mapping[str, Any]) -> Any:
        line = write(log, method, dict(event))
        for room in _ROOM:
            if len(line.encode(errors="replace")) <= MOST_BYTES:
                break
            cut = {name: _cut(value, room) for name, value in event.items()}
            line = write(log, method, cut)
        return line

    return render


def _cut(value: Any, room: int) -> Any:
    return f"{value[:room]}…" if isinstance(value, str) and len(value) > room else value


def _seen(value: Any) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in value)
