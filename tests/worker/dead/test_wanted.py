"""Which letters filters mean, and how letters are grouped."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.worker.dead.test_read_letter import read, text
from worker.dead import groups as grouping
from worker.dead.amqp_table import Value
from worker.dead.fingerprint import fingerprint, kind_of
from worker.dead.groups import OTHERS, Groups
from worker.dead.letter import Letter
from worker.dead.wanted import Wanted

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def letter(**facts: Any) -> Letter:
    """Return a worker's letter with these facts, dead since noon."""
    told = {"reason": "malformed", "at": NOON.isoformat(), "platform": "telegram", **facts}
    kept = {f"x-dead-{k.replace('_', '-')}": text(v) for k, v in told.items() if v is not None}
    return read({**kept, "x-dead-attempt": Value("l", 1)})


LETTER = letter(detail="item 5 of 'x' is not text", source_kind="owner")


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        (Wanted(), True),
        (Wanted(reasons=frozenset({"malformed", "loop"})), True),
        (Wanted(reasons=frozenset({"loop"})), False),
        (Wanted(platforms=frozenset({"telegram"}), source_kinds=frozenset({"owner"})), True),
        (Wanted(platforms=frozenset({"telegram"}), source_kinds=frozenset({"cron"})), False),
        (Wanted(routes=frozenset({"-"})), True),
        (Wanted(platforms=frozenset({"-"})), False),
        (Wanted(ids=(LETTER.id[:6],)), True),
        (Wanted(ids=("0000000", "1111111")), False),
        (Wanted(fingerprints=(LETTER.fingerprint,)), True),
        (Wanted(after=NOON, before=NOON + timedelta(seconds=1)), True),
        (Wanted(before=NOON), False),
        (Wanted(after=NOON + timedelta(seconds=1)), False),
    ],
)
def test_a_letter_is_meant_if_all_filters_say_so(wanted, meant):
    """Each filter asks one thing, values of one filter are alternatives, and times are a half-open span."""
    assert wanted.matches(LETTER) is meant
    assert wanted.is_all is (wanted == Wanted())


def test_what_does_not_say_when_it_died_is_in_no_span():
    """A letter without a time is meant by no filter that asks for one."""
    timeless = letter(at="yesterday")
    assert timeless.at is None
    assert Wanted().matches(timeless)
    assert not Wanted(before=NOON + timedelta(days=9999)).matches(timeless)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5 hops, 4 are allowed", "77 hops, 4 are allowed"),
        ("exchange 'a' is no platform's", "exchange 'in.b' is no platform's"),
        ("turn 27160b5c-f8a8-5bf4-a0f9-106f1a0e05e4 is late", "turn 0160b5cf8a8deadbeef0f is late"),
        ('it is "x y"', 'it is ""'),
    ],
)
def test_like_problems_have_the_same_fingerprint(one, other):
    """Numbers, ids and quoted values make no difference; words and the reason do."""
    assert kind_of(one) == kind_of(other)
    assert fingerprint("malformed", one) == fingerprint("malformed", other)
    assert fingerprint("malformed", one) != fingerprint("loop", one)
    assert fingerprint("malformed", one) != fingerprint("malformed", f"{one} now")


def test_rules_and_fields_are_told_apart():
    """What stands in backticks is a name of ours and no value."""
    assert kind_of("denied by `nobody`") != kind_of("denied by `night`")


def test_groups_count_and_say_since_when():
    """Letters of one reason, platform, route and kind are a group, the largest first, with the span of their deaths."""
    groups = Groups()
    groups.add(letter(reason="loop", detail="9 hops"))
    for hour in (3, 1, 2):
        at = (NOON + timedelta(hours=hour)).isoformat()
        groups.add(letter(detail=f"item {hour} of 'a' is none", at=at))
    first, second = groups
    assert (first.count, first.reason, first.detail) == (3, "malformed", "item … of … is none")
    assert (first.oldest, first.newest) == (NOON + timedelta(hours=1), NOON + timedelta(hours=3))
    assert (second.count, groups.count) == (1, 4)


def test_groups_take_bounded_room(monkeypatch):
    """However many kinds of letters somebody makes up, there are so many groups and one for the others."""
    monkeypatch.setattr(grouping, "MOST", 5)
    groups = Groups()
    words = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(20)]
    for word in words:
        groups.add(letter(detail=word))
    assert groups.count == 20
    others = next(group for group in groups if group.reason == OTHERS)
    assert others.count == 15


def test_facts_that_somebody_made_long_are_cut():
    """A platform of ten kilobytes is five hundred characters in a list."""
    assert len(letter(platform="p" * 10_000).platform or "") == 500
    assert json.dumps(letter(detail="d" * 10_000).detail).count("d") == 500
