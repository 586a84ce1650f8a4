"""Durations as people write them."""

import re

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHAPE = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?", re.ASCII)


def parse_duration(text: str) -> float:
    """Return seconds: `500ms`, `60s`, `10m`, `1h`, or a bare number of seconds.

    Raises ValueError, in words for people.
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        msg = f"{text!r} is not a duration such as 500ms, 60s, 10m or a number of seconds"
        raise ValueError(msg)
    return float(match[1]) * _UNITS[match[2] or ""]
