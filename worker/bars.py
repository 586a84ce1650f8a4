"""Figures as characters: bars and sparklines."""

from collections.abc import Sequence

_BARS = "▏▎▍▌▋▊▉█"
_SPARKS = "▁▂▃▄▅▆▇█"


def bar(count: float, most: float, width: int) -> str:
    """Return a bar of at most `width` characters; what is not nothing is seen."""
    eighths = max(round(8 * width * count / most), int(count > 0)) if most else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (_BARS[rest - 1] if rest else "")


def sparkline(counts: Sequence[float]) -> str:
    """Return one character per count, as high as it is many."""
    most = max(counts, default=0)
    if not most:
        return _SPARKS[0] * len(counts)
    return "".join(_SPARKS[round((len(_SPARKS) - 1) * count / most)] for count in counts)
