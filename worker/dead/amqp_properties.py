"""The properties of a message as its content header has them, byte for byte."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.dead.amqp_table import Entry, Unreadable, plain_table, read_table, write_table
from worker.pipeline.delivery import Properties

# In the order of their flags, from the highest bit down.
NAMES = (
    "content_type content_encoding headers delivery_mode priority correlation_id reply_to"
    " expiration message_id timestamp type user_id app_id cluster_id"
).split()
_OCTETS = frozenset({"delivery_mode", "priority"})
_MORE = 1  # the lowest bit says that more flags follow, which no property of AMQP 0-9-1 has
_FLAGS = struct.Struct(">H")
_SIZE = struct.Struct(">I")
_TIMESTAMP = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class WireProperties:
    """All properties that a message has. Headers are apart, for they keep their types.

    `values` are text (bytes that are no UTF-8 as lone surrogates), and numbers for `delivery_mode`,
    `priority` and `timestamp`; `headers` is None where there are none.
    """

    values: Mapping[str, Any] = field(repr=False)
    headers: tuple[Entry, ...] | None = field(repr=False)

    def plain(self) -> Properties:
        """Return them as the rest of the worker knows them: what is no UTF-8 becomes `?`."""
        kept = {name: _readable(value) for name, value in self.values.items()}
        kept.pop("delivery_mode", None)
        kept.pop("cluster_id", None)
        return Properties(headers=plain_table(self.headers or ()), **kept)


def read_properties(wire: bytes) -> WireProperties:
    """Return the properties in a content header, from its flags on. Raises Unreadable."""
    try:
        (flags,) = _FLAGS.unpack_from(wire)
        at = _FLAGS.size
        values: dict[str, Any] = {}
        headers = None
        for place, name in enumerate(NAMES):
            if not flags & 1 << 15 - place:
                continue
            if name == "headers":
                (size,) = _SIZE.unpack_from(wire, at)
                headers = read_table(wire[at + 4 : at + 4 + size])
                at += 4 + size
            elif name in _OCTETS:
                values[name] = wire[at]
                at += 1
            elif name == "timestamp":
                (values[name],) = _TIMESTAMP.unpack_from(wire, at)
                at += 8
            else:
                end = at + 1 + wire[at]
                values[name] = wire[at + 1 : end].decode("utf-8", "surrogateescape")
                at = end
    except (struct.error, IndexError):
        raise Unreadable("cut off") from None
    if at != len(wire) or flags & _MORE:
        raise Unreadable("of another length")
    return WireProperties(values, headers)


def write_properties(properties: WireProperties) -> bytes:
    """Return them as a content header has them. Raises ValueError for what AMQP has no room for."""
    flags, written = 0, []
    for place, name in enumerate(NAMES):
        value = properties.headers if name == "headers" else properties.values.get(name)
        if value is not None:
            flags |= 1 << 15 - place
            written.append(_written(name, value))
    return _FLAGS.pack(flags) + b"".join(written)


def _written(name: str, value: Any) -> bytes:
    if name == "headers":
        table = write_table(value)
        return _SIZE.pack(len(table)) + table
    try:
        if name in _OCTETS:
            return bytes([value])
        if name == "timestamp":
            return _TIMESTAMP.pack(value)
        data: bytes = value.encode("utf-8", "surrogateescape")
        return bytes([len(data)]) + data
    except (struct.error, AttributeError, TypeError, ValueError):
        msg = f"{name} is nothing that AMQP has room for"
        raise ValueError(msg) from None


def _readable(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return (
        value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\ufffd", "?")
    )
