"""AMQP properties as bytes, for what no client library would write."""

import struct
from collections.abc import Iterable, Mapping

_BASIC = 60  # the AMQP class of messages

# In the order in which they are written, each with its flag.
_FLAGS = {
    "content_type": 1 << 15,
    "content_encoding": 1 << 14,
    "headers": 1 << 13,
    "delivery_mode": 1 << 12,
    "priority": 1 << 11,
    "correlation_id": 1 << 10,
    "reply_to": 1 << 9,
    "expiration": 1 << 8,
    "message_id": 1 << 7,
    "timestamp": 1 << 6,
    "type": 1 << 5,
    "user_id": 1 << 4,
    "app_id": 1 << 3,
}
PERSISTENT = b"\x02"

METHOD, HEADER, BODY = 1, 2, 3


def short(text: bytes) -> bytes:
    """A short string: up to 255 bytes, whether they are UTF-8 or not."""
    return struct.pack(">B", len(text)) + text


def long(text: bytes) -> bytes:
    """A long string."""
    return struct.pack(">I", len(text)) + text


def timestamp(seconds: int) -> bytes:
    """A point in time, in any year."""
    return struct.pack(">Q", seconds)


def table(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A table of keys and values; a value is its type's letter and its bytes."""
    return long(b"".join(short(key) + value for key, value in entries))


def array(values: Iterable[bytes]) -> bytes:
    """An array of values, each its type's letter and its bytes."""
    return long(b"".join(values))


def nested_tables(depth: int) -> bytes:
    """A table in a table, `depth` deep, as a value."""
    value = b"V"
    for _ in range(depth):
        value = b"F" + table([(b"a", value)])
    return value


def content_header(size: int, given: Mapping[str, bytes]) -> bytes:
    """The payload of the header frame of a message of `size` bytes with these raw properties."""
    flags = sum(_FLAGS[name] for name in given)
    values = b"".join(given[name] for name in _FLAGS if name in given)
    return struct.pack(">HHQH", _BASIC, 0, size, flags) + values


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    """A whole frame."""
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


EVERY_TYPE = {
    b"t": b"\x01",
    b"b": struct.pack(">b", -1),
    b"B": struct.pack(">B", 255),
    b"s": struct.pack(">h", -1),
    b"u": struct.pack(">H", 65535),
    b"I": struct.pack(">i", -1),
    b"i": struct.pack(">I", 2**32 - 1),
    b"l": struct.pack(">q", -(2**63)),
    b"f": struct.pack(">f", 1.5),
    b"d": struct.pack(">d", 1e300),
    b"D": struct.pack(">Bi", 2, -125),
    b"S": long("é".encode()),
    b"A": array([b"t\x00", b"S" + long(b"x")]),
    b"T": timestamp(1_700_000_000),
    b"F": table([(b"a", b"V")]),
    b"V": b"",
    b"x": long(b"\xff\x00"),
}
"""A value of every type of AMQP 0-9-1 as RabbitMQ reads it: letter to bytes."""
