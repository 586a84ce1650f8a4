"""Which message a dead letter was."""

import json

import pytest

from worker.demo.ledger import MessageKey
from worker.demo.read_dead_letter import DeadMessage, read_dead_letter


def test_the_workers_letter_names_its_message_by_exchange_and_correlation():
    """A letter of the worker's has its reason, its platform's exchange and the feeder's own id."""
    headers = {"x-dead-reason": "malformed", "x-dead-exchange": "demo-1.in.discord"}
    read = read_dead_letter(headers, "m1", b"not JSON at all", "demo-1.")
    assert read == DeadMessage(MessageKey("discord", "m1"), "malformed")


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("rejected", "runner_rejected"),
        ("delivery_limit", "broker_delivery_limit"),
        ("expired", "broker_expired"),
        ("maxlen", "maxlen"),
    ],
)
def test_a_job_that_came_back_names_its_message_itself(why, reason):
    """A dead job has the broker's reason, and the message it was made of."""
    job = {"source": {"platform": "slack"}, "message": {"message_id": "m2"}}
    headers = {"x-death": [{"reason": why, "queue": "demo-1.turns.m"}]}
    read = read_dead_letter(headers, "the conversation", json.dumps(job).encode(), "demo-1.")
    assert read == DeadMessage(MessageKey("slack", "m2"), reason)


def test_a_letter_of_the_brokers_is_not_believed_a_reason_of_ours():
    """With the broker's own header, `x-dead-*` are whatever the feeder wrote, and count for nothing."""
    forged = {"x-dead-reason": "malformed", "x-dead-exchange": "in.cli"}
    headers = {**forged, "x-death": [{"reason": "expired", "queue": "inbound.0"}]}
    read = read_dead_letter(headers, "m1", b"{}", "")
    assert read == DeadMessage(MessageKey("unknown", ""), "broker_expired")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"source": null}', b"\xff"])
def test_a_letter_of_unknown_origin_is_nobodys(body):
    """What is neither the worker's letter nor a job is read without complaint, as unknown."""
    read = read_dead_letter({}, None, body, "")
    assert read == DeadMessage(MessageKey("unknown", ""), "unknown")
