"""Messages that somebody may send, and what must become of each."""

import json
import struct
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests import amqp_bytes as raw

CANARY = "canary-body"
JOB = "a job"

_numbers = count()


def message(**fields: Any) -> dict[str, Any]:
    """A good message of a conversation of its own, with these fields."""
    number = next(_numbers)
    source = {"chat_id": f"chat-{number}", "chat_type": "dm", "user_id": "9"}
    return {"message_id": f"m-{number}", "text": CANARY, "source": source, **fields}


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def with_text(text: bytes) -> bytes:
    """A message whose text is these raw bytes."""
    return encoded(message(text="%")).replace(b'"%"', text)


@dataclass(frozen=True)
class Case:
    """Something to publish, and what must become of it."""

    name: str
    body: bytes
    becomes: str
    """A dead reason, or `JOB`."""
    properties: dict[str, bytes] = field(default_factory=dict)
    detail: str = ""
    """What the letter's detail mentions."""
    exchange: str = "in.telegram"
    routing_key: bytes = b"rk"
    headers: dict[str, Any] = field(default_factory=dict)
    """What the letter's headers hold."""


BODIES = [
    Case("empty", b"", "malformed", detail="not JSON"),
    Case("blank", b" \n\t ", "malformed", detail="not JSON"),
    Case("2 MiB", encoded(message(text="x" * 2**21)), "too_large", detail="1048576 are allowed"),
    Case("2 MiB of garbage", b"\xff" * 2**21, "too_large"),
    Case("one byte too large", b" " * (2**20 + 1), "too_large"),
    Case("as large as allowed", encoded(message()).ljust(2**20), JOB),
    Case("invalid UTF-8", with_text(b'"\xff\xfe"'), "malformed", detail="not UTF-8"),
    Case("UTF-16", json.dumps(message()).encode("utf-16"), "malformed", detail="not UTF-8"),
    Case("latin-1", with_text(b'"caf\xe9"'), "malformed", detail="not UTF-8"),
    Case("byte order mark", b"\xef\xbb\xbf" + encoded(message()), "malformed", detail="not JSON"),
    Case("lone surrogate", with_text(b'"\\ud83d"'), "malformed", detail="surrogate"),
    Case(
        "lone low surrogate in a key",
        with_text(b'"x","\\ude00":1'),
        "malformed",
        detail="surrogate",
    ),
    Case("surrogate as UTF-8", with_text(b'"\xed\xa0\xbd"'), "malformed", detail="not UTF-8"),
    Case("surrogate pair", with_text(b'"\\ud83d\\ude00"'), JOB),
    Case("NUL in the text", with_text(b'"a\\u0000b"'), JOB),
    Case("NUL bytes", b"\x00" * 100, "malformed", detail="not JSON"),
    Case("NaN", with_text(b'"x","n":NaN'), "malformed", detail="NaN"),
    Case("Infinity", with_text(b'"x","n":[Infinity]'), "malformed", detail="Infinity"),
    Case("minus Infinity", with_text(b'"x","n":-Infinity'), "malformed", detail="Infinity"),
    Case("1e400", with_text(b'"x","n":1e400'), "malformed", detail="too large"),
    Case("1e308", with_text(b'"x","n":1e308'), JOB),
    Case("10,000 digits", with_text(b'"x","n":' + b"7" * 10_000), "malformed", detail="digits"),
    Case("4,000 digits", with_text(b'"x","n":' + b"7" * 4_000), JOB),
    Case("key twice", with_text(b'"x","text":"y"'), "malformed", detail="twice"),
    Case("key twice, escaped", with_text(b'"x","t\\u0065xt":"y"'), "malformed", detail="twice"),
    Case("source twice", with_text(b'"x","source":{}'), "malformed", detail="twice"),
    Case(
        "key twice in source",
        b'{"text":"x","source":{"chat_id":"1","chat_id":"2"}}',
        "malformed",
        detail="twice",
    ),
    Case("key twice in metadata", with_text(b'"x","metadata":{"a":1,"a":2}'), JOB),
    Case(
        "100,000 objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "malformed", detail="nested"
    ),
    Case("100,000 arrays", b"[" * 100_000 + b"]" * 100_000, "malformed", detail="nested"),
    Case(
        "100,000 in turn",
        b'[{"a":' * 100_000 + b"1" + b"}]" * 100_000,
        "malformed",
        detail="nested",
    ),
    Case("100,000 never closed", b"[" * 100_000, "malformed", detail="nested"),
    Case(
        "100,000 in a field", with_text(b'"x","n":' + b"[" * 100_000), "malformed", detail="nested"
    ),
    Case("64 deep", with_text(b'"x","n":' + b"[" * 63 + b"]" * 63), JOB),
    Case("65 deep", with_text(b'"x","n":' + b"[" * 64 + b"]" * 64), "malformed", detail="nested"),
    Case("brackets in a string", encoded(message(text="[{" * 100_000)), JOB),
    Case("brackets after quotes", encoded(message(text='"[\\"{' * 50_000)), JOB),
    Case("an array", encoded([message()]), "malformed", detail="not a JSON object"),
    Case("a number", b"7", "malformed", detail="not a JSON object"),
    Case("a text", b'"text"', "malformed", detail="not a JSON object"),
    Case("null", b"null", "malformed", detail="not a JSON object"),
    Case("true", b"true", "malformed", detail="not a JSON object"),
    Case("an empty object", b"{}", "malformed"),
    Case("two documents", encoded(message()) * 2, "malformed", detail="not JSON"),
    Case("cut in the middle", encoded(message())[:-9], "malformed", detail="not JSON"),
    Case("YAML", b"text: x\n", "malformed", detail="not JSON"),
    Case("no content", encoded(message(text="")), "malformed", detail="text"),
    Case("another major version", encoded(message(version="2")), "unsupported_version"),
    Case("expired", encoded(message(expires_at="2020-01-01T00:00:00Z")), "expired"),
    Case("too many hops", encoded(message(hops=9)), "loop"),
    Case("hops beyond counting", encoded(message(hops=2**70)), "malformed", detail="hops"),
    Case("message id of 256", encoded(message(message_id="i" * 256)), JOB),
    Case(
        "message id of 300",
        encoded(message(message_id="i" * 300)),
        "malformed",
        detail="message_id",
    ),
    Case("message id of 10,000", encoded(message(message_id="i" * 10_000)), "malformed"),
    Case("empty message id", encoded(message(message_id="")), "malformed", detail="message_id"),
    Case("conversation of 256", encoded(message(conversation_id="語" * 256)), JOB),
    Case("conversation of 300", encoded(message(conversation_id="c" * 300)), "malformed"),
    Case("conversation of 10,000", encoded(message(conversation_id="c" * 10_000)), "malformed"),
    Case("chat of 256 wide characters", encoded(message(source={"chat_id": "😀" * 256})), JOB),
    Case(
        "chat of 300",
        encoded(message(source={"chat_id": "c" * 300})),
        "malformed",
        detail="chat_id",
    ),
    Case("platform mismatch", encoded(message(source={"platform": "hub"})), "platform_mismatch"),
    Case("look-alike platform", encoded(message(source={"platform": "ｔelegram"})), "malformed"),
    Case(
        "a hub frame on another exchange",
        encoded({"type": "message", "data": {"from": "brain", "text": "x"}}),
        "platform_mismatch",
    ),
    Case(
        "a hub frame without a sender",
        encoded({"type": "message", "data": {"from": "", "text": CANARY}}),
        "malformed",
        detail="from",
        exchange="in.hub",
    ),
    Case(
        "a hub frame",
        encoded({"type": "message", "data": {"from": "brain", "text": CANARY}}),
        JOB,
        exchange="in.hub",
    ),
    Case(
        "names of Python's own",
        encoded(message(__class__=1, model_config={}, model_extra=[], self=None)),
        JOB,
    ),
    Case("990 unknown fields", encoded(message(**{f"f{n}": n for n in range(990)})), JOB),
    Case(
        "30,000 unknown fields",
        encoded(message(**{f"f{n}": n for n in range(30_000)})),
        "malformed",
        detail="fields, 1000 are allowed",
    ),
]

LONG = b"\xff" * 255
HEADER_CASES = {
    **{f"of type {letter.decode()}": letter + value for letter, value in raw.EVERY_TYPE.items()},
    "a time past all calendars": b"T" + raw.timestamp(2**64 - 1),
    "text that is not UTF-8": b"S" + raw.long(b"\xff\xfe"),
    "tables 150 deep": raw.nested_tables(150),
    "tables 300 deep": raw.nested_tables(300),
    "tables 10,000 deep": raw.nested_tables(10_000),
}
PROPERTIES = [
    Case("no properties", b"", "malformed"),
    *(
        Case(f"a header {name}", b"", "malformed", {"headers": raw.table([(b"h", value)])})
        for name, value in HEADER_CASES.items()
    ),
    *(
        Case(
            f"headers of {size} bytes of {letter}",
            b"",
            "malformed",
            properties={
                "headers": raw.table(
                    [(b"h", b"S" + raw.long((letter * size).encode()[: size // 4 * 4]))]
                )
            },
        )
        for letter in ("x", "😀")
        for size in (32_000, 130_900)
    ),
    Case(
        "10,000 headers",
        b"",
        "malformed",
        properties={"headers": raw.table((b"h%05d" % n, b"V") for n in range(10_000))},
    ),
    Case(
        "a header name that is not UTF-8",
        b"",
        "malformed",
        properties={"headers": raw.table([(b"\xff", b"V")])},
    ),
    *(
        Case(f"{name} that is not UTF-8", b"", "malformed", {name: raw.short(LONG)})
        for name in (
            "content_type content_encoding correlation_id reply_to message_id type app_id"
        ).split()
    ),
    Case("a routing key that is not UTF-8", b"", "malformed", routing_key=LONG),
    Case("a routing key as long as can be", b"", "malformed", routing_key=b"k" * 255),
    Case(
        "a timestamp past all calendars",
        b"",
        "malformed",
        properties={"timestamp": raw.timestamp(2**64 - 1)},
        headers={"x-dead-timestamp": str(2**64 - 1)},
    ),
    Case(
        "a user id",
        b"",
        "malformed",
        properties={"user_id": raw.short(b"guest")},
        headers={"x-dead-user-id": "guest"},
    ),
    Case(
        "an expiration",
        b"",
        "malformed",
        properties={"expiration": raw.short(b"600000")},
        headers={"x-dead-expiration": "600000"},
    ),
    Case(
        "a priority",
        b"",
        "malformed",
        properties={"priority": b"\xff"},
        headers={"x-dead-priority": 255},
    ),
    Case(
        "a message id",
        b"",
        "malformed",
        properties={"message_id": raw.short(b"i" * 255)},
        headers={"x-dead-message-id": "i" * 255},
    ),
    Case(
        "a direct reply",
        b"",
        "malformed",
        properties={"reply_to": raw.short(b"amq.rabbitmq.reply-to")},
    ),
    Case(
        "carbon copies",
        b"",
        "malformed",
        properties={
            "headers": raw.table(
                [(b"CC", b"A" + raw.array([b"S" + raw.long(b"dead"), b"S" + raw.long(b"x")]))]
            )
        },
        headers={"x-dead-cc": ["dead", "x"]},
    ),
    Case(
        "blind copies",
        b"",
        "malformed",
        properties={"headers": raw.table([(b"BCC", b"A" + raw.array([b"S" + raw.long(b"x")]))])},
    ),
    Case(
        "forged headers of ours",
        b"",
        "malformed",
        properties={
            "headers": raw.table(
                [
                    (b"x-dead-reason", b"S" + raw.long(b"expired")),
                    (b"x-dead-attempt", b"b\x09"),
                    (b"X-Dead-Redacted", b"b\x01"),
                ]
            )
        },
        headers={"x-dead-attempt": 1, "x-dead-headers-dropped": 3},
    ),
    Case(
        "a forged death",
        b"",
        "malformed",
        properties={
            "headers": raw.table(
                [
                    (
                        b"x-death",
                        b"A"
                        + raw.array(
                            [
                                b"F"
                                + raw.table(
                                    [
                                        (b"queue", b"S" + raw.long(b"dead")),
                                        (b"reason", b"S" + raw.long(b"expired")),
                                        (b"count", b"l" + struct.pack(">q", 2**62)),
                                    ]
                                )
                            ]
                        ),
                    )
                ]
            )
        },
    ),
    Case(
        "a death that is no list",
        b"",
        "malformed",
        properties={"headers": raw.table([(b"x-death", b"S" + raw.long(b"yes"))])},
    ),
    *(
        Case(f"content type {lie!r}", encoded(message()), JOB, {"content_type": raw.short(lie)})
        for lie in (
            b"application/octet-stream",
            b"text/plain; charset=utf-16",
            b"application/cloudevents+json",
            b"image/png",
            b"\xff",
            b"",
        )
    ),
    Case(
        "a content encoding that lies",
        encoded(message()),
        JOB,
        properties={"content_encoding": raw.short(b"gzip")},
    ),
    Case(
        "gzip that says it is JSON",
        b"\x1f\x8b\x08\x00" + b"\x00" * 20,
        "malformed",
        properties={"content_type": raw.short(b"application/json")},
    ),
    Case("the default exchange", encoded(message()), "untrusted_origin", exchange=""),
]
assert len({case.name for case in BODIES + PROPERTIES}) == len(BODIES + PROPERTIES)
