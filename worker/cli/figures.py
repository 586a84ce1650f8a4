"""Figures, as people read them."""

_UNITS = ((3600, "h"), (60, "m"), (1, "s"))


def percent(part: int, whole: int) -> str:
    """Return a share such as `90 %` or `33.3 %`."""
    return f"{round(100 * part / whole, 1):g} %" if part else "0 %"


def duration(seconds: float) -> str:
    """Return a duration as the table writes it: `10m`, `90s`, `500ms`."""
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds * 1000:g}ms"
