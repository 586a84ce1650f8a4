from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.routing.reference_router.reference_time import time_matches


def at(text):
    """A moment in UTC; 2026-06-05 is a Friday."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "holds"),
    [
        ("fri", True),
        ("sat", False),
        ("mon-fri", True),
        ("sat-mon", False),
        ("thu-mon", True),
        (["mon", "thu-sat"], True),
        (["mon", "sat-sun"], False),
    ],
)
def test_days(days, holds):
    """A Friday is in every range that passes over it, one that wraps around the week too."""
    assert time_matches({"days": days}, at("2026-06-05T12:00")) is holds


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        ("09:00-17:00", ["09:00:00", "16:59:59.999999"], ["08:59:59.999999", "17:00:00"]),
        ("22:00-07:00", ["22:00:00", "23:59:59", "00:00:00", "06:59:59"], ["07:00:00", "21:59:59"]),
        ("22:00-24:00", ["22:00:00", "23:59:59.999999"], ["00:00:00", "21:59:59"]),
        ("22:00-00:00", ["22:00:00", "23:59:59"], ["00:00:00"]),
        (["06:00-07:00", "20:00-21:00"], ["06:30:00", "20:00:00"], ["12:00:00"]),
    ],
)
def test_hours(hours, inside, outside):
    """Hours include their start and not their end, and may wrap around midnight."""
    assert all(time_matches({"hours": hours}, at(f"2026-06-05T{clock}")) for clock in inside)
    assert not any(time_matches({"hours": hours}, at(f"2026-06-05T{clock}")) for clock in outside)


def test_days_and_hours_are_judged_each_by_itself():
    """Friday's night hours are Friday's first hours and its last, not Saturday's."""
    condition = {"days": "fri", "hours": "22:00-07:00"}
    assert time_matches(condition, at("2026-06-05T06:00"))
    assert time_matches(condition, at("2026-06-05T22:00"))
    assert not time_matches(condition, at("2026-06-06T06:00"))


def test_the_zone_decides_the_clock_and_the_day():
    """Hours and days are those on the wall of the zone, in summer and in winter."""
    condition = {"days": "sat", "hours": "00:00-01:00", "timezone": "Europe/Berlin"}
    assert time_matches(condition, at("2026-06-05T22:30"))
    assert not time_matches(condition, at("2026-06-05T23:30"))
    assert time_matches(condition, at("2026-12-04T23:30"))
    assert not time_matches(condition, at("2026-12-04T22:30"))


def test_the_zone_a_moment_was_written_in_does_not_matter():
    """A moment is the same whatever offset it was given with."""
    there = at("2026-06-05T23:30").astimezone(timezone(timedelta(hours=5)))
    assert time_matches({"days": "fri", "hours": "23:00-24:00"}, there)
