"""Names, rates and durations, as `top` writes them."""

from worker.cli.plain import plain
from worker.overview.overview import Timing

_LONGEST = 60


def shown_name(text: str) -> str:
    """Return a name as text that does to a terminal what it looks like, and is not too long."""
    text = plain(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def shown_rate(rate: float) -> str:
    """Return a rate such as `1,234` or `0.4`."""
    return f"{rate:,.0f}" if rate >= 10 or rate == 0 else f"{rate:.1f}"


def shown_timing(timing: Timing) -> str:
    """Return the middle and the slow end of how long something took."""
    return f"p50 {shown_seconds(timing.p50)} p99 {shown_seconds(timing.p99)}"


def shown_seconds(seconds: float | None) -> str:
    """Return a duration such as `3.91 ms`, `2.5 s` or `4h`."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 120 else shown_span(seconds)


def shown_span(seconds: float) -> str:
    """Return a duration such as `7s`, `12m` or `3d`."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


def counted(number: int, noun: str) -> str:
    """Return `1 worker` or `3 workers`."""
    return f"{number:,} {noun}{'s' if number != 1 else ''}"
