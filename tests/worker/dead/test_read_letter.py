"""Reading what is in the `dead` queue, whoever wrote it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.dead.test_amqp_properties import NAMED, PROPERTIES, VALUES
from worker.dead.amqp_properties import WireProperties, read_properties, write_properties
from worker.dead.amqp_table import Entry, Value
from worker.dead.letter import Letter, Shape
from worker.dead.letter_line import letter_line, read_letter_line
from worker.dead.publishable import publishable
from worker.dead.read_letter import read_letter

DEATH = ("reason", "queue", "exchange", "routing-keys", "count", "time")
HOSTILE_NAMES = st.sampled_from(
    "x-death x-dead-reason x-dead-detail x-dead-at x-dead-platform x-dead-attempt x-dead-exchange"
    " x-platform x-route x-attempt x-delivery-count CC".split()
)
HOSTILE = st.builds(
    WireProperties,
    st.just({}),
    st.lists(st.builds(Entry, HOSTILE_NAMES | NAMED, VALUES), max_size=8).map(tuple),
)


def text(value: str) -> Value:
    return Value("S", value)


def wire(headers: dict[str, Value] | None = None, **values: Any) -> bytes:
    entries = tuple(Entry(name, value) for name, value in (headers or {}).items())
    return write_properties(WireProperties(values, entries))


def death(**facts: Any) -> Value:
    """Return the `x-death` of a broker."""
    told = {"reason": "rejected", "queue": "turns.m", "exchange": "turns", **facts}
    entries = [Entry(name, text(value)) for name, value in told.items()]
    entries += [
        Entry("routing-keys", Value("A", (text("turns.m"),))),
        Entry("time", Value("T", 1_769_860_800)),
        Entry("count", Value("l", 1)),
    ]
    return Value("A", (Value("F", tuple(entries)),))


def read(headers: dict[str, Value] | None = None, body: bytes = b"{}", prefix: str = "") -> Letter:
    return read_letter(body, wire(headers), "", prefix)


def test_a_letter_of_a_worker_says_what_the_worker_said():
    """Reason, detail, platform, source kind, attempt, time and origin are read off `x-dead-*`."""
    letter = read(
        {
            "x-dead-reason": text("expired"),
            "x-dead-detail": text("it expired at noon"),
            "x-dead-at": text("2026-01-31T12:00:00.000+00:00"),
            "x-dead-platform": text("telegram"),
            "x-dead-source-kind": text("owner"),
            "x-dead-attempt": Value("l", 2),
            "x-dead-exchange": text("in.telegram"),
            "x-dead-routing-key": text("key"),
        }
    )
    assert (letter.shape, letter.reason, letter.detail) == (
        Shape.MESSAGE,
        "expired",
        "it expired at noon",
    )
    assert (letter.platform, letter.source_kind, letter.attempt) == ("telegram", "owner", 2)
    assert (letter.exchange, letter.routing_key) == ("in.telegram", "key")
    assert letter.at == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("rejected", "runner_rejected"),
        ("delivery_limit", "broker_delivery_limit"),
        ("expired", "broker_expired"),
        ("maxlen", "unknown"),
    ],
)
def test_a_job_that_the_broker_put_there_says_why(why, reason):
    """A job's reason is read off `x-death`, its facts off the headers that a worker gave it."""
    headers = {"x-death": death(reason=why), "x-platform": text("hub"), "x-route": text("base")}
    letter = read({**headers, "x-attempt": Value("I", 3)})
    assert (letter.shape, letter.reason, letter.queue) == (Shape.JOB, reason, "turns.m")
    assert (letter.platform, letter.route, letter.attempt) == ("hub", "base", 3)
    assert letter.at == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("queue", ["blue.inbound.3", "blue.inbound@telegram"])
def test_of_what_no_worker_decided_the_headers_say_nothing(queue):
    """A message that the broker took from a partition has the platform of its exchange, whatever its feeder claims."""
    claims = {"x-platform": text("cli"), "x-dead-reason": text("loop"), "x-route": text("r")}
    headers = {"x-death": death(reason="delivery_limit", queue=queue, exchange="blue.in.telegram")}
    letter = read({**headers, **claims}, prefix="blue.")
    assert (letter.shape, letter.platform) == (Shape.UNDECIDED, "telegram")
    assert (letter.source_kind, letter.route, letter.attempt) == (None, None, None)
    assert letter.reason == "broker_delivery_limit"


def test_what_says_nothing_is_a_stray():
    """What somebody published to `dead` without a reason of ours is unknown, and of no platform."""
    for reason in ("", "Reason with spaces", "\x1b[2J", "x" * 100):
        letter = read({"x-dead-reason": text(reason)})
        assert (letter.shape, letter.reason, letter.platform) == (Shape.STRAY, "unknown", None)


@given(PROPERTIES | HOSTILE, st.binary(max_size=60), NAMED)
def test_any_letter_is_read_and_written_down(properties, body, key):
    """Whatever its properties and body are, a letter is read, and comes out of its line exactly as it was."""
    given_ = write_properties(properties)
    letter = read_letter(body, given_, key, "")
    line = read_letter_line(letter_line(letter))
    assert (line.wire, line.body, line.routing_key) == (given_, body, key)


@given(PROPERTIES | HOSTILE, st.binary(max_size=60))
def test_an_id_outlives_what_an_import_changes(properties, body):
    """The id is the same for the properties with which a letter is published again."""
    given_ = write_properties(properties)
    try:
        again, message_id = publishable(given_)
    except ValueError:  # a header of 255 bytes has no room in what it is moved to
        return
    assert read_letter(body, again, "", "").id == read_letter(body, given_, "", "").id
    assert message_id == properties.values.get("message_id")
    values = read_properties(again).values
    assert values["delivery_mode"] == 2
    assert "user_id" not in values


@given(st.binary(max_size=80), st.binary(max_size=60))
def test_properties_that_are_none_are_a_letter_all_the_same(data, body):
    """Bytes that cannot be read as properties raise nothing."""
    letter = read_letter(body, data, "", "")
    assert len(letter.id) == 16


def test_an_id_does_not_depend_on_how_often_a_letter_was_delivered():
    """What the broker counts takes no part in the id; the body, a header and the message id do."""
    plain = read({"x-dead-reason": text("loop")})
    counted = {"x-dead-reason": text("loop"), "x-delivery-count": Value("l", 7)}
    assert read(counted).id == plain.id
    assert read({"x-dead-reason": text("denied")}).id != plain.id
    assert read({"x-dead-reason": text("loop")}, body=b"[]").id != plain.id
    assert (
        read_letter(b"{}", wire(message_id="m"), "", "").id != read_letter(b"{}", wire(), "", "").id
    )
