"""A feeder's AMQP headers, as far as they can be published again with a dead letter."""

import struct
from collections.abc import Mapping
from typing import Any

from worker.pipeline.redrive import REDRIVE_HEADERS

# The header frame cannot be split, and the broker closes the connection over one that is larger
# than its frame_max (128 KiB); a feeder's own headers may come close to that.
MAX_BYTES = 32 * 1024
MAX_NESTING = 16
_INT64 = 2**63
# These act on the broker when published again: they copy the message to other queues.
_COPYING = {"CC": "x-dead-cc", "BCC": "x-dead-bcc"}
# By these a letter of the broker's is told from one of ours, so ours never has them; and a broker
# drops a message for whose headers it has already been where it is to go.
_DEATHS = ("x-death", "x-first-death-", "x-last-death-")
# For the worker and the operators' tool to write.
_OURS = ("x-dead-", REDRIVE_HEADERS)


class _TooDeep(Exception):
    """A value is nested deeper than anybody can mean."""


def kept_headers(original: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers to keep.

    CC, BCC and what tells of a death (`x-death` becomes `x-dead-death`) under other names, without
    `x-dead-*` and `x-redrive-*`, which are ours alone to write. What is nested deeper than
    `MAX_NESTING`, or would bring the whole over `MAX_BYTES`, is left out; `x-dead-headers-dropped`
    says how many were.
    """
    kept: dict[str, Any] = {}
    dropped = 0
    room = MAX_BYTES
    for name, value in original.items():
        plain = None if name.lower().startswith(_OURS) else _plain_or_none(value)
        size = 0 if plain is None else _bytes(name) + _size(plain[0])
        if plain is None or size > room:
            dropped += 1
            continue
        room -= size
        kept[_harmless(name)] = plain[0]
    if dropped:
        kept["x-dead-headers-dropped"] = dropped
    return kept


def _harmless(name: str) -> str:
    if name.startswith(_DEATHS):
        return f"x-dead-{name.removeprefix('x-')}"
    return _COPYING.get(name, name)


def _plain_or_none(value: Any) -> tuple[Any] | None:
    try:
        return (_plain(value, MAX_NESTING),)
    except _TooDeep:
        return None


def _plain(value: Any, depth: int) -> Any:
    """Return a value that can be written again, whatever AMQP type it was read as."""
    if depth < 0:
        raise _TooDeep
    match value:
        case None | bool() | str():
            return value
        case float():
            # Written as 32 bits: whatever needs more keeps its text instead.
            return value if _is_single(value) else str(value)
        case int():
            return value if -_INT64 <= value < _INT64 else str(value)
        case bytes() | bytearray():
            return bytearray(value)
        case list():
            return [_plain(item, depth - 1) for item in value]
        case dict():
            return {str(name): _plain(item, depth - 1) for name, item in value.items()}
        case _:  # numbers and times that have several widths on the wire: their text keeps all
            return str(value)


def _is_single(value: float) -> bool:
    try:
        return struct.unpack(">f", struct.pack(">f", value)) == (value,)
    except OverflowError:
        return False


def _size(value: Any) -> int:
    """Return how many bytes a plain value takes in a frame, or a few more."""
    match value:
        case str():
            return _bytes(value)
        case bytearray():
            return 5 + len(value)
        case list():
            return 5 + sum(map(_size, value))
        case dict():
            return 5 + sum(_bytes(name) + _size(item) for name, item in value.items())
        case _:
            return 9


def _bytes(text: str) -> int:
    return 5 + len(text.encode())
