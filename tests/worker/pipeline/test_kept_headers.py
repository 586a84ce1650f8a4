from datetime import UTC, datetime
from decimal import Decimal

import pytest

from worker.pipeline.kept_headers import MAX_BYTES, MAX_NESTING, kept_headers


def nested(depth, innermost="x"):
    value = innermost
    for _ in range(depth):
        value = {"a": value}
    return value


def test_plain_headers_are_kept_as_they_are():
    """Text, whole numbers, truth values, nothing, bytes, lists and tables come through unchanged."""
    headers = {
        "text": "häder",
        "number": -(2**63),
        "large": 2**63 - 1,
        "yes": True,
        "nothing": None,
        "bytes": bytearray(b"\xff\x00"),
        "list": ["a", 1, [False]],
        "table": {"a": {"b": None}},
        "x-retry": [{"queue": "q", "count": 7}],
    }
    assert kept_headers(headers) == headers


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1.5, 1.5),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (Decimal("1.25"), "1.25"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01 00:00:00+00:00"),
        (2**63, str(2**63)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (b"\xff", bytearray(b"\xff")),
    ],
)
def test_what_has_no_one_width_on_the_wire_becomes_text(value, kept):
    """Fractions past 32 bits, times, integers past 64: kept as their text, at any depth."""
    assert kept_headers({"h": value, "deep": [{"h": value}]}) == {"h": kept, "deep": [{"h": kept}]}


def test_headers_that_copy_a_message_get_another_name():
    """CC and BCC make the broker send copies, so they are kept under names that do nothing."""
    assert kept_headers({"CC": ["a"], "BCC": ["b"]}) == {"x-dead-cc": ["a"], "x-dead-bcc": ["b"]}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("x-death", "x-dead-death"),
        ("x-first-death-exchange", "x-dead-first-death-exchange"),
        ("x-last-death-reason", "x-dead-last-death-reason"),
    ],
)
def test_a_death_that_somebody_claims_gets_another_name(name, kept):
    """What tells of an earlier death is kept under a name that neither broker nor reader heeds."""
    assert kept_headers({name: [{"queue": "dead", "count": 7}]}) == {
        kept: [{"queue": "dead", "count": 7}]
    }


@pytest.mark.parametrize("name", ["x-dead-reason", "x-dead-cc", "X-Dead-Reason", "x-dead-new"])
def test_nobody_else_writes_our_headers(name):
    """A forged `x-dead-*` header is dropped and counted."""
    assert kept_headers({name: "forged", "a": 1}) == {"a": 1, "x-dead-headers-dropped": 1}


def test_what_is_too_large_is_left_out_and_the_rest_is_kept():
    """Headers beyond the room for them are dropped and counted, and smaller ones still fit."""
    kept = kept_headers({"large": "x" * MAX_BYTES, "small": "y", "larger": "z" * MAX_BYTES})
    assert kept == {"small": "y", "x-dead-headers-dropped": 2}


@pytest.mark.parametrize("letter", ["x", "é", "語", "😀"])
def test_room_is_counted_in_bytes(letter):
    """A header of wide characters takes the room of its bytes, not of its characters."""
    fits = letter * ((MAX_BYTES - 50) // len(letter.encode()))
    assert kept_headers({"h": fits}) == {"h": fits}
    assert "h" not in kept_headers({"h": letter * (MAX_BYTES // len(letter.encode()))})


def test_many_small_headers_are_bounded_together():
    """Ten thousand small headers are kept only as far as there is room for all of them."""
    kept = kept_headers({f"h-{number:05}": number for number in range(10_000)})
    assert kept.pop("x-dead-headers-dropped") + len(kept) == 10_000
    assert 0 < len(kept) < MAX_BYTES / 8


def test_deep_nesting_is_left_out():
    """A header nested deeper than anybody can mean is dropped, however deep it is."""
    fine = nested(MAX_NESTING)
    assert kept_headers({"a": fine}) == {"a": fine}
    for depth in (MAX_NESTING + 1, 300, 100_000):
        assert kept_headers({"a": nested(depth), "b": 1}) == {"b": 1, "x-dead-headers-dropped": 1}


def test_the_headers_themselves_are_not_changed():
    """The feeder's headers stay as they were delivered."""
    headers = {"CC": ["a"], "x-dead-reason": "forged", "b": b"\xff"}
    before = dict(headers)
    kept_headers(headers)
    assert headers == before
