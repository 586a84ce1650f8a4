import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from contracts import DeadReason, SourceKind
from tests.worker.pipeline.deliveries import NOW, delivery
from worker.pipeline.dead_letter import dead_letter
from worker.pipeline.delivery import Properties
from worker.pipeline.turn import Known

KNOWN = Known(table="0123456789ab")


def letter_of(given, *, reason=DeadReason.MALFORMED, detail="why", known=KNOWN, now=NOW, **more):
    return dead_letter(given, reason, detail, known, now, **more).publication


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\x00", b'{"text": "caf\\u00e9"}  '])
def test_the_body_is_the_original_byte_for_byte(body):
    """A dead letter's body is what was delivered, to the byte."""
    assert letter_of(delivery(body)).body == body


def test_it_goes_to_the_dead_exchange_of_the_deployment():
    """A dead letter is published to `dead`, with the deployment's prefix in front."""
    assert letter_of(delivery(b"")).exchange == "dead"
    assert letter_of(delivery(b""), prefix="a.").exchange == "a.dead"


def test_the_headers_say_all_that_was_known():
    """The reason, its detail, when, from where, and what was known by then stand in headers."""
    known = replace(KNOWN, platform="telegram", source_kind=SourceKind.OWNER)
    given = delivery(b"", exchange="in.telegram", routing_key="a/b")
    assert letter_of(given, known=known).properties.headers == {
        "x-dead-reason": "malformed",
        "x-dead-detail": "why",
        "x-dead-at": "2026-01-31T12:00:00.123+00:00",
        "x-dead-exchange": "in.telegram",
        "x-dead-routing-key": "a/b",
        "x-dead-table": "0123456789ab",
        "x-dead-platform": "telegram",
        "x-dead-source-kind": "owner",
        "x-dead-attempt": 1,
    }


def test_what_was_not_known_is_not_there():
    """A delivery whose platform and sender were never learned has no headers for them."""
    headers = letter_of(delivery(b"")).properties.headers
    assert "x-dead-platform" not in headers
    assert "x-dead-source-kind" not in headers
    assert "x-dead-redacted" not in headers


def test_the_time_is_utc():
    """The time of death is in UTC, whatever the clock's zone is."""
    now = datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2)))
    headers = letter_of(delivery(b""), now=now).properties.headers
    assert headers["x-dead-at"] == "2026-01-31T12:00:00.000+00:00"


def test_a_long_detail_is_cut():
    """A detail is cut to what a header can comfortably hold."""
    headers = letter_of(delivery(b""), detail="x" * 100_000).properties.headers
    assert headers["x-dead-detail"] == "x" * 500


def test_harmless_properties_stay():
    """What does nothing when published again is published again."""
    harmless: dict[str, Any] = {
        "content_type": "text/plain",
        "content_encoding": "gzip",
        "correlation_id": "c",
        "reply_to": "queue",
        "timestamp": 1_700_000_000,
        "type": "t",
        "app_id": "a",
    }
    properties = letter_of(delivery(b"", **harmless)).properties
    assert {name: getattr(properties, name) for name in harmless} == harmless


@pytest.mark.parametrize(
    ("name", "value", "header"),
    [
        ("user_id", "feeder", "x-dead-user-id"),
        ("expiration", "1000", "x-dead-expiration"),
        ("priority", 9, "x-dead-priority"),
        ("priority", 0, "x-dead-priority"),
        ("message_id", "m", "x-dead-message-id"),
        ("reply_to", "amq.rabbitmq.reply-to.g1h2", "x-dead-reply-to"),
    ],
)
def test_properties_that_would_harm_become_headers(name, value, header):
    """Who published, when it expires, its rank, its id and a private reply queue are only told."""
    properties = letter_of(delivery(b"", **{name: value})).properties
    assert getattr(properties, name) is None
    assert properties.headers[header] == value


def test_a_time_past_all_calendars_becomes_a_header():
    """A timestamp that no calendar has is kept as text, since it cannot be written again."""
    last = 253_402_300_799
    assert letter_of(delivery(b"", timestamp=last)).properties.timestamp == last
    for later in (last + 1, 2**64 - 1):
        properties = letter_of(delivery(b"", timestamp=later)).properties
        assert properties.timestamp is None
        assert properties.headers["x-dead-timestamp"] == str(later)


def test_the_feeders_headers_are_kept_beside_ours():
    """The feeder's own headers stay, except those that act on the broker or pose as ours."""
    given = {"traceparent": "00-1-2-03", "CC": ["x"], "x-dead-reason": "forged", "n": 1}
    headers = letter_of(delivery(b"", headers=given)).properties.headers
    assert headers["traceparent"] == "00-1-2-03"
    assert headers["n"] == 1
    assert headers["x-dead-cc"] == ["x"]
    assert headers["x-dead-reason"] == "malformed"
    assert "CC" not in headers


def test_a_redacted_letter_holds_the_clean_document():
    """Where keys were taken out, the letter holds the rest as JSON and says so."""
    known = replace(KNOWN, redacted=2)
    clean = {"text": "é", "token": "[redacted]"}
    letter = letter_of(delivery(b"{}"), known=known, clean_document=clean)
    assert json.loads(letter.body) == clean
    assert "é".encode() in letter.body
    assert letter.properties.headers["x-dead-redacted"] == 1


def test_a_letter_never_expires_and_names_no_id_of_its_own():
    """Nothing about a dead letter limits its life, and each publish gives it a fresh id."""
    given = delivery(b"", expiration="1", message_id="m", user_id="u", priority=3)
    properties = letter_of(given).properties
    assert properties == replace(
        Properties(headers=properties.headers),
    )


def test_headers_with_the_name_of_a_key_lose_their_value():
    """A key that a feeder put into a header is not kept, at any depth, and the letter says so."""
    headers = {"API-Key": "canary", "x-any": [{"token": b"canary"}], "x-other": "kept"}
    kept = letter_of(delivery(b"", headers=headers)).properties.headers
    assert "canary" not in str(kept)
    assert kept["x-other"] == "kept"
    assert kept["x-dead-redacted"] == 1
