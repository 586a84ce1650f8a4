"""Whether a moment is within what a `time` condition asks for."""

from zoneinfo import ZoneInfo

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def time_matches(condition, now):
    """Whether `now`, an aware datetime, falls on the days and within the hours asked for.

    Both are read off the clock on the wall of the condition's zone, each by itself.
    """
    there = now.astimezone(ZoneInfo(condition.get("timezone", "UTC")))
    today = WEEK[there.weekday()]
    if "days" in condition and not any(today in _days(days) for days in _list(condition["days"])):
        return False
    if "hours" not in condition:
        return True
    clock = there.strftime("%H:%M")
    return any(_within(clock, hours) for hours in _list(condition["hours"]))


def _days(written):
    first, _, last = written.partition("-")
    days = [first]
    while days[-1] != (last or first):
        days.append(WEEK[(WEEK.index(days[-1]) + 1) % 7])
    return days


def _within(clock, hours):
    # `HH:MM` orders as text does. The end is exclusive, so the minute alone decides.
    start, _, end = hours.partition("-")
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def _list(value):
    return value if isinstance(value, list) else [value]
