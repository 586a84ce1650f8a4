"""Points in time as RFC 3339 writes them."""

import re
from datetime import datetime

_SHAPE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_rfc3339(text: object) -> datetime:
    """Return the point in time, with its offset. Raises ValueError if `text` is not one."""
    if not isinstance(text, str) or not _SHAPE.fullmatch(text):
        msg = "is not an RFC 3339 time such as 2026-01-31T12:00:00Z"
        raise ValueError(msg)
    return datetime.fromisoformat(text.upper())
