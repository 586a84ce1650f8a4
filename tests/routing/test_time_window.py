from datetime import UTC, datetime, timedelta, timezone

import pytest

from routing.time_window import moment_text
from tests.routing.loading import table

ONE = "model:\n  default: m\n  routes:\n    - match: {time: {}}\n      model: x\n"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def window(written):
    (condition,) = table(ONE.replace("{}", written)).rules[0].match
    return condition


def fits(written, *moments):
    asked = window(written)
    return [asked.holds(moment_text(moment)) for moment in moments]


def at(text, days=0):
    hours, minutes = text.split(":")
    return MONDAY + timedelta(days=days, hours=int(hours), minutes=int(minutes))


def test_the_start_belongs_to_a_span_and_the_end_does_not():
    """A span holds from its first minute up to, and without, its last."""
    moments = at("8:59"), at("9:00"), at("17:29"), at("17:30")
    assert fits("{hours: '09:00-17:30'}", *moments) == [False, True, True, False]


def test_a_span_may_go_past_midnight():
    """From ten to seven is the evening and the morning of each day."""
    moments = at("21:59"), at("22:00"), at("23:59"), at("0:00"), at("6:59"), at("7:00")
    expected = [False, True, True, True, True, False]
    assert fits("{hours: '22:00-07:00'}", *moments) == expected
    assert fits("{hours: '22:00-24:00'}", *moments) == [False, True, True, False, False, False]


def test_several_spans_are_any_of_them():
    """A list of spans holds when one of them does."""
    moments = at("8:30"), at("9:30"), at("12:30")
    assert fits("{hours: ['08:00-09:00', '12:00-13:00']}", *moments) == [True, False, True]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("mon", [0]),
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("sat-mon", [0, 5, 6]),
        ("[Sat, sun]", [5, 6]),
        ("[mon-tue, thu]", [0, 1, 3]),
        ("wed-wed", [2]),
    ],
)
def test_days_are_names_and_ranges(days, expected):
    """Days are named by three letters; a range may go past Sunday."""
    found = fits(f"{{days: {days}}}", *(at("12:00", day) for day in range(7)))
    assert [day for day, holds in enumerate(found) if holds] == expected


def test_day_and_hour_are_judged_by_themselves():
    """Friday from ten to seven is Friday until seven, and again from ten."""
    moments = at("23:00", 3), at("3:00", 4), at("23:00", 4), at("3:00", 5)
    found = fits("{days: fri, hours: '22:00-07:00'}", *moments)
    assert found == [False, True, True, False]


def test_the_zone_decides_what_day_and_hour_it_is():
    """The moment is read off the clocks of the zone, summer time and all; the default is UTC."""
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # 00:30 on Monday in Paris
    summer = datetime(2026, 7, 6, 22, 30, tzinfo=UTC)  # 00:30 on Tuesday there
    paris = "{days: mon, hours: '00:00-01:00', timezone: Europe/Paris}"
    assert fits(paris, late, summer) == [True, False]
    assert fits("{days: mon}", late, summer) == [False, True]


def test_the_offset_of_the_moment_does_not_matter():
    """One moment, written with any offset, is one moment."""
    shifted = at("9:30").astimezone(timezone(timedelta(hours=-7)))
    assert fits("{hours: '09:00-10:00'}", at("9:30"), shifted) == [True, True]


def test_without_a_moment_no_window_holds():
    """Where nobody says what time it is, a rule on time does not match."""
    assert not window("{hours: '00:00-24:00'}").holds(None)


def test_a_window_is_told_in_words():
    """People see days, hours and the zone."""
    asked = window("{days: mon-wed, hours: '9:00-17:30', timezone: Europe/Paris}")
    assert str(asked) == "time: mon tue wed 09:00-17:30 Europe/Paris"
