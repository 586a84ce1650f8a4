from datetime import UTC, datetime, timedelta

import pytest

from contracts.rfc3339 import parse_rfc3339

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31 12:00:00Z", NOON),
        ("2026-01-31T12:00:00+00:00", NOON),
        ("2026-01-31T12:00:00-00:00", NOON),
        ("2026-01-31T17:30:00+05:30", NOON),
        ("2026-01-31T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-01-31T12:00:00.1234567899Z", NOON + timedelta(microseconds=123456)),
    ],
)
def test_times(text, time):
    """A time is a point in time, whatever its offset; what is finer than a microsecond is cut."""
    assert parse_rfc3339(text) == time
    assert parse_rfc3339(text).utcoffset() is not None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00+0000",
        "2026-1-31T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T12:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "２０２６-01-31T12:00:00Z",
        " 2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00Z\n",
        "20260131T120000Z",
        "2026-W05-6T12:00:00Z",
        1769860800,
        1769860800.5,
        True,
        None,
        [],
    ],
)
def test_what_is_no_time(value):
    """Dates, local times, numbers and other forms of ISO 8601 are not read as times."""
    with pytest.raises(ValueError):
        parse_rfc3339(value)
