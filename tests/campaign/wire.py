"""AMQP 0-9-1 frames as a bystander sees them: where each begins and ends, and what it asks."""

import struct
from dataclasses import dataclass
from enum import Enum

_HEADER = struct.Struct(">BHI")
_METHOD = struct.Struct(">HH")
_SIZE = struct.Struct(">Q")
_METHOD_FRAME, _CONTENT_HEADER, _CONTENT_BODY = 1, 2, 3
PROTOCOL_HEADER_SIZE = 8


class Call(Enum):
    """The methods a bystander cares about."""

    PUBLISH = (60, 40)
    RETURN = (60, 50)
    DELIVER = (60, 60)
    ACK = (60, 80)
    NACK = (60, 120)


_CALLS = {call.value: call for call in Call}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A whole call, content included, within the bytes just read."""

    call: Call
    start: int
    end: int
    redelivered: bool = False


class FrameReader:
    """Cuts one direction of a connection into whole frames.

    `skip` is the number of bytes before the first frame.
    """

    def __init__(self, skip: int = 0) -> None:
        self._rest = b""
        self._skip = skip

    def read(self, data: bytes) -> tuple[bytes, list[Sighting]]:
        """Return all whole calls so far, as bytes, and what is in them; the rest is kept."""
        data = self._rest + data if self._rest else data
        sightings: list[Sighting] = []
        end = self._skip
        while True:
            found = _whole_call(data, end)
            if found is None:
                break
            sighting, end = found
            if sighting is not None:
                sightings.append(sighting)
        if end > len(data):
            self._rest = data
            return b"", []
        self._skip = 0
        self._rest = data[end:]
        return data[:end], sightings


def _whole_call(data: bytes, start: int) -> tuple[Sighting | None, int] | None:
    """Return the call at `start` and where it ends; None if it is not all there yet."""
    end = _frame_end(data, start)
    if end is None:
        return None
    if data[start] != _METHOD_FRAME:
        return None, end
    call = _CALLS.get(_METHOD.unpack_from(data, start + _HEADER.size))
    if call is None:
        return None, end
    redelivered = False
    if call in (Call.PUBLISH, Call.RETURN, Call.DELIVER):
        if call is Call.DELIVER:
            redelivered = _redelivered(data, start + _HEADER.size + _METHOD.size)
        whole = _content_end(data, end)
        if whole is None:
            return None
        end = whole
    return Sighting(call, start, end, redelivered), end


def _frame_end(data: bytes, start: int) -> int | None:
    if start + _HEADER.size > len(data):
        return None
    end = start + _HEADER.size + int(_HEADER.unpack_from(data, start)[2]) + 1
    return end if end <= len(data) else None


def _content_end(data: bytes, start: int) -> int | None:
    end = _frame_end(data, start)
    if end is None:
        return None
    if data[start] != _CONTENT_HEADER:
        return start  # another channel's frame came between: the call is taken without its content
    left = int(_SIZE.unpack_from(data, start + _HEADER.size + _METHOD.size)[0])
    while left > 0:
        start = end
        end = _frame_end(data, start)
        if end is None:
            return None
        if data[start] != _CONTENT_BODY:
            return start
        left -= end - start - _HEADER.size - 1
    return end


def _redelivered(data: bytes, start: int) -> bool:
    tag_length = data[start]
    return data[start + 1 + tag_length + 8] == 1
