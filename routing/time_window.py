"""Days and hours in a time zone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Some days of the week, some hours of the day. Each is judged by itself, by the local clock.

    So `days: fri` with `hours: 22:00-07:00` is Friday until seven and again from ten.
    """

    days: frozenset[int]
    """0 for Monday to 6 for Sunday; all seven where the table says nothing."""
    hours: tuple[tuple[int, int], ...]
    """(start, end) in minutes since midnight, the end not included; none means the whole day."""
    timezone: str = "UTC"

    def holds(self, moment: str) -> bool:
        """Tell whether a moment, in RFC 3339, lies within."""
        day, minute = _local(moment, self.timezone)
        if day not in self.days:
            return False
        return not self.hours or any(_between(minute, *each) for each in self.hours)

    def local(self, moment: str) -> str:
        """Return a moment, in RFC 3339, as the window sees it: `fri 22:30 Europe/Paris`."""
        day, minute = _local(moment, self.timezone)
        return f"{DAYS[day]} {minute // 60:02}:{minute % 60:02} {self.timezone}"


def moment_text(now: datetime) -> str:
    """Return a moment as a fact that windows understand."""
    return now.astimezone(UTC).isoformat()


def parse_days(texts: Iterable[str]) -> frozenset[int]:
    """Read `mon`, or a range `mon-fri` that may go past Sunday. Raises ValueError, for people."""
    days: set[int] = set()
    for text in texts:
        first, dash, last = (part.strip().lower() for part in text.partition("-"))
        for name in (first, last) if dash else (first,):
            if name not in DAYS:
                msg = f"{name!r} is no day; days are {', '.join(DAYS)}, or a range such as mon-fri"
                raise ValueError(msg)
        start = DAYS.index(first)
        count = (DAYS.index(last) - start) % 7 if dash else 0
        days.update((start + each) % 7 for each in range(count + 1))
    return frozenset(days)


def parse_hours(texts: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Read `09:00-17:30`, which may go past midnight. Raises ValueError, for people."""
    return tuple(_parse_span(text) for text in texts)


@lru_cache(maxsize=256)  # one moment is compared with many windows
def _local(moment: str, timezone: str) -> tuple[int, int]:
    """Return day of the week and minute of the day, as clocks there show them."""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(timezone))
    return local.weekday(), local.hour * 60 + local.minute


def _parse_span(text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text.strip())
    numbers = [int(part) for part in found.groups()] if found else []
    if not found or numbers[1] > 59 or numbers[3] > 59:
        msg = f"{text!r} is not a span of hours such as 09:00-17:30"
        raise ValueError(msg)
    start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if start >= _DAY_MINUTES or end > _DAY_MINUTES:
        msg = f"{text!r} goes past the end of the day"
        raise ValueError(msg)
    if start == end:
        msg = f"{text!r} is empty; leave `hours` out for the whole day"
        raise ValueError(msg)
    return start, end


def _between(minute: int, start: int, end: int) -> bool:
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end
