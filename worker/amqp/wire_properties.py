"""Content headers that are kept as they came, and written as they are given.

The client library reads and writes properties as Python values, by which types are lost.
"""

from typing import Any

import pamqp.frame
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from worker.amqp import tolerant_frames

_BEFORE = 7 + 12
"""Bytes of a content header's frame before its flags: type, channel and size of the frame, then
class, weight and the body's size."""


def unmarshal(data_in: bytes) -> tuple[int, int, Any]:
    """Read a frame; a content header knows the bytes of its properties besides."""
    size, channel, frame = tolerant_frames.unmarshal(data_in)
    if isinstance(frame, ContentHeader):
        frame.wire = bytes(data_in[_BEFORE : size - 1])  # type: ignore[attr-defined]
    return size, channel, frame


def install() -> None:
    """Have this process read frames this way. Idempotent; for commands, not for the service."""
    pamqp.frame.unmarshal = unmarshal


def wire_properties(message: Any) -> bytes:
    """Return the properties of a delivered message, from the flags on."""
    wire: bytes = message.header.wire
    return wire


class WrittenProperties(Basic.Properties):
    """Properties that are written already; `message_id` is what the broker finds among them.

    By that the client library tells which publish was returned.
    """

    def __init__(self, wire: bytes, message_id: str | None) -> None:
        super().__init__(message_id=message_id)
        self._wire = wire

    def marshal(self) -> bytes:
        """Return the bytes as they are."""
        return self._wire
