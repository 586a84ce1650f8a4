"""How wide lines may be."""

import os
import sys


def line_width(piped: int) -> int | None:
    """Return what `COLUMNS` asks for, else None on a terminal, which knows it, else `piped`."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked):
        return int(asked)
    return None if sys.stdout.isatty() else piped
