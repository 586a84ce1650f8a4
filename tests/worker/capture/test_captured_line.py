import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts import sign
from worker.capture.captured_line import Kept, LeftOut, captured_line
from worker.envelope import read_delivery
from worker.pipeline.delivery import Delivery, Properties

MAX = 1024 * 1024
MASKED = Kept(bodies=False, metadata=True, max_body=MAX)
WHOLE = Kept(bodies=True, metadata=True, max_body=MAX)
BARE = Kept(bodies=True, metadata=False, max_body=MAX)
KEY = "canary-key"
PROPERTIES = Properties(
    content_type="text/plain",
    content_encoding="é",
    headers={"a": [1, None, {"b": "ü"}]},
    priority=255,
    correlation_id="c",
    reply_to="r",
    expiration="1000",
    message_id="m",
    timestamp=2**64 - 1,
    type="t",
    user_id="u",
    app_id="a",
)


def delivery(body, **properties):
    return Delivery(7, body, "in.telegram", "k😀", Properties(**properties))


def line_of(body, kept=WHOLE, **properties):
    line = captured_line(delivery(body, **properties), kept)
    assert isinstance(line, bytes)
    assert b"\n" not in line
    return line


@pytest.mark.parametrize(
    "body", [b'{"text":"a", "n": 1.10}', b'{"text":"\xc3\xa9\\n"}', b"", b"\xff\n", b"[1]"]
)
def test_a_delivery_is_read_back_as_it_was(body):
    """With bodies the envelope gives the same delivery, byte for byte and property for property."""
    whole = Delivery(7, body, "in.telegram", "k😀", PROPERTIES)
    line = captured_line(whole, WHOLE)
    assert isinstance(line, bytes)
    assert read_delivery(line, 7) == whole


def test_a_message_over_several_lines_becomes_one():
    """White space between the values of a body is no part of what is captured."""
    line = line_of(b'{\n "text": "a",\r\n "n": [1.10, {}, null]\n}')
    assert read_delivery(line, 1).body == b'{"text":"a","n":[1.10,{},null]}'


@pytest.mark.parametrize("kept", [MASKED, WHOLE])
def test_numbers_stay_as_they_were_written(kept):
    """Rules compare a number by its text, so `1.10` stays `1.10`."""
    body = b'{"text":"a","metadata":{"n":1.10,"m":1e2,"token":"t"}}'
    assert b'"n":1.10,"m":1e2' in line_of(body, kept)


@pytest.mark.parametrize("kept", [MASKED, WHOLE, BARE])
def test_keys_are_never_captured(kept):
    """Keys go from the message, its override and metadata, a hub frame's data, and headers."""
    secrets = {"api_key": KEY, "Token": [KEY], "secret": {"a": KEY}, "password": KEY}
    native = {"text": "a", **secrets, "override": secrets, "metadata": {"deep": [secrets]}}
    frame = {"type": "message", **secrets, "data": {"from": "a", "text": "b", **secrets}}
    for document in (native, frame):
        body = json.dumps(document).encode()
        assert KEY.encode() not in line_of(body, kept, headers={"x": [secrets], **secrets})


@pytest.mark.parametrize(
    ("body", "kept", "why"),
    [
        (b'{"text":', MASKED, LeftOut.UNREADABLE),
        (b'{"API-key":"canary', WHOLE, LeftOut.MAY_HOLD_KEYS),
        (b'{"api_k\\u0065y":"canary', WHOLE, LeftOut.MAY_HOLD_KEYS),
        (b'{"text":"it is sk-canary', WHOLE, LeftOut.MAY_HOLD_KEYS),
        ('{"token":"canary"}'.encode("utf-16"), WHOLE, LeftOut.MAY_HOLD_KEYS),
        (b'{"text":"a"}'.ljust(MAX + 1), WHOLE, LeftOut.TOO_LARGE),
    ],
)
def test_what_cannot_be_captured_is_left_out(body, kept, why):
    """What is too large, cannot be read without its content, or may hold keys is no line."""
    assert captured_line(delivery(body), kept) is why


def test_without_metadata_headers_go_as_well():
    """Neither metadata nor headers are left, and what was said is if it was asked for."""
    body = b'{"text":"a","metadata":{"a":1}}'
    envelope = json.loads(line_of(body, BARE, headers={"a": 1}, user_id="u"))
    assert envelope["body"] == {"text": "a"}
    assert envelope["properties"] == {"user_id": "u"}


def test_headers_of_any_type_are_json():
    """Times, decimals, bytes and numbers that are none in JSON become text; an endless nest goes."""
    at = datetime(2026, 1, 2, tzinfo=UTC)
    odd = {"at": at, "d": Decimal("1.5"), "b": b"\xff", "nan": float("nan"), "s": "\ud83d"}
    read = {
        name: json.loads(line_of(b"{}", headers={name: value}))["properties"].get("headers")
        for name, value in odd.items()
    }
    assert read["at"] == {"at": "2026-01-02T00:00:00Z"}
    assert read["d"] == {"d": "1.5"}
    assert read["nan"] == {"nan": "NaN"}
    deep: dict = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert json.loads(line_of(b"{}", headers={"deep": deep}))["properties"] == {}


def test_that_a_message_was_signed_is_always_kept():
    """Without metadata the one header that stays is a signature that can be read as one."""
    value = sign(b"k", "k1", "m", b"{}", 0)
    headers = {"x-signature": value, "a": "b"}
    told = read_delivery(line_of(b"{}", BARE, headers=headers), 1).properties.headers
    assert told == {"x-signature": value}
    for other in ("canary", 7, {"canary": 1}):
        assert read_delivery(
            line_of(b"{}", BARE, headers={"x-signature": other}), 1
        ).properties == (Properties())
