"""Sizes as people write them."""

import re

_UNITS = {"": 1, "B": 1, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_SHAPE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)?", re.ASCII | re.IGNORECASE)


def parse_size(text: str) -> int:
    """Return bytes: `1MiB`, `512KiB`, or a bare number of bytes. Raises ValueError."""
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        msg = f"{text!r} is not a size such as 1MiB, 512KiB or a number of bytes"
        raise ValueError(msg)
    return int(match[1]) * _UNITS[(match[2] or "").upper()]
