import base64
import json

import pytest

from contracts import DeadReason
from routing.rejection import Rejection
from worker.envelope import read_delivery


def delivery_of(envelope):
    return read_delivery(json.dumps(envelope).encode(), 7)


def refusal_of(envelope) -> str:
    with pytest.raises(Rejection) as caught:
        delivery_of(envelope)
    assert caught.value.reason is DeadReason.MALFORMED
    return caught.value.detail


def test_an_envelope_is_a_delivery():
    """An envelope gives exchange, routing key, properties and body of the delivery it describes."""
    properties = {
        "content_type": "text/plain",
        "headers": {"a": [1]},
        "priority": 3,
        "timestamp": 1_700_000_000,
        "user_id": "feeder",
        "message_id": None,
    }
    envelope = {"exchange": "in.telegram", "routing_key": "k", "properties": properties}
    delivery = delivery_of({**envelope, "body": {"text": "é"}, "redelivered": True})
    assert delivery.tag == 7
    assert (delivery.exchange, delivery.routing_key) == ("in.telegram", "k")
    assert json.loads(delivery.body) == {"text": "é"}
    assert delivery.redelivered
    assert delivery.properties.content_type == "text/plain"
    assert delivery.properties.headers == {"a": [1]}
    assert delivery.properties.priority == 3
    assert delivery.properties.timestamp == 1_700_000_000
    assert delivery.properties.user_id == "feeder"
    assert delivery.properties.message_id is None


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        ({"body": "not JSON {"}, b"not JSON {"),
        ({"body": ""}, b""),
        ({"body": None}, b"null"),
        ({"body": [1]}, b"[1]"),
        ({"body_base64": base64.b64encode(b"\xff\x00").decode()}, b"\xff\x00"),
        ({"body_base64": ""}, b""),
    ],
)
def test_a_body_can_be_anything(body, raw):
    """A body is given as JSON, as text, or as base64 where it is no text at all."""
    assert delivery_of(body).body == raw


def test_half_a_character_reaches_the_decoder():
    """A lone surrogate in a body is handed on as broken UTF-8, for the decoder to refuse."""
    assert read_delivery(b'{"body":"\\ud83d"}', 1).body == b"\xed\xa0\xbd"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'{"text":"x"}',
        b'{"body":"x","text":"y"}',
        b'{"body":1,"source":{}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_any_other_line_is_a_body_itself(line):
    """A line that is no envelope is the body of a message published nowhere in particular."""
    delivery = read_delivery(line, 1)
    assert delivery.body == line
    assert delivery.exchange == delivery.routing_key == ""


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"body": 1, "body_base64": ""}, "both"),
        ({"body_base64": "%"}, "base64"),
        ({"body_base64": "é"}, "base64"),
        ({"body_base64": 5}, "not text"),
        ({"body": 1, "exchange": 5}, "exchange is not text"),
        ({"body": 1, "routing_key": ["x"]}, "routing_key is not text"),
        ({"body": 1, "properties": "x"}, "not an object"),
        ({"body": 1, "properties": {"colour": 1}}, "colour"),
        ({"body": 1, "properties": {"headers": []}}, "headers is not an object"),
        ({"body": 1, "properties": {"priority": "high"}}, "priority is not a whole number"),
        ({"body": 1, "properties": {"priority": True}}, "priority is not a whole number"),
        ({"body": 1, "properties": {"user_id": 5}}, "user_id is not text"),
        ({"body": 1, "properties": {"reply_to": "x" * 256}}, "reply_to is over"),
        ({"body": 1, "properties": {"headers": {"a": "\ud800"}}}, "surrogate"),
        ({"body": 1, "routing_key": "\ud800"}, "routing_key is over"),
        ({"body": 1, "exchange": "in.hub", "colour": 1}, "colour"),
        ({"exchange": "in.hub"}, "no body"),
    ],
)
def test_a_wrong_envelope_is_malformed_and_says_where(wrong, why):
    """An envelope that is wrong in itself is malformed, naming what is wrong in it."""
    assert why in refusal_of(wrong)


def test_a_body_is_kept_as_it_was_written():
    """A body that is an object is cut out of the line: a key given twice is still there."""
    line = b' { "body" : {"text":"a", "text" :"}\\"b"} ,"exchange":"in.hub"}'
    assert read_delivery(line, 1).body == b'{"text":"a", "text" :"}\\"b"}'


def test_properties_that_decide_nothing_are_taken():
    """What a broker's dump has besides does no harm, and an expiration may be a number."""
    line = b'{"body":1,"properties":{"delivery_mode":2,"cluster_id":"x","expiration":60}}'
    assert read_delivery(line, 1).properties.expiration == "60"
