"""A feeder that means harm: publishes as fast as its link lets it, and never waits for a confirm.

What it writes is made once, and each message is of another sender and conversation; so it is its
link that limits it, or the broker. Run as `python -m benchmarks.hostile URL EXCHANGE SECONDS LINK`,
LINK in bytes a second; prints how many messages it sent, and how many the broker took and refused,
as JSON.
"""

import itertools
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

LARGEST = 2**20 + 2**19
"""Bytes of the largest body it publishes."""

_METHOD, _HEADER, _BODY = 1, 2, 3
_FRAME = 128 * 1024 - 8
_PLACE = b"@@@@@@@@@@@@"
"""Where the number of each message goes."""
_ACK, _NACK = (60, 80), (60, 120)
_CLOSED = {(10, 50), (20, 40)}
_LAST_CONFIRMS = 20.0
_SHORTEST_SLEEP = 0.002


def bodies() -> Iterator[bytes]:
    """Yield what it publishes, over and over: mostly small, some large, some of it no message."""
    number = _PLACE.decode()
    source = {"chat_id": number, "chat_type": "dm", "user_id": number}
    small = {"message_id": number, "text": "buy now", "source": source}
    for _ in range(60):
        yield _json(small)
    yield from (b"", b"\xff\xfe" + _PLACE, b"{" + _PLACE, b"[" * 10_000, b"NaN", b'"' + _PLACE)
    yield _json({**small, "text": {"a": [1]}})
    yield _json({**small, "hops": -1, "created_at": "yesterday"})
    yield _json({**small, "source": {**source, "platform": "telegram"}})
    yield _json({**small, "metadata": {f"key {n}": n for n in range(500)}})
    yield _json({**small, "text": "x" * (2**20 - 1000)})
    yield _json({**small, "parts": [{"text": "a"}] * (2**20 // 18)})
    yield _json({**small, "parts": [{"text": "a"}] * 1000, "context": [{"a": []}] * 3_000})
    yield b"x" * LARGEST


def flood(url: str, exchange: str, seconds: float, link_speed: float) -> dict[str, Any]:
    """Publish for so many seconds, wait for the last confirms, and return the counts."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 30) as link:
        stream = link.makefile("rb")
        _shake_hands(link, stream, url)
        messages = [_publication(exchange, body) for body in bodies()]
        confirms = _Confirms(stream)
        threading.Thread(target=confirms.read, daemon=True).start()
        sent, size, began = 0, 0, time.monotonic()
        for number, message in zip(itertools.count(), itertools.cycle(messages), strict=False):
            now = time.monotonic() - began
            if now > seconds or confirms.closed:
                break
            if (early := size / link_speed - now) > _SHORTEST_SLEEP:
                time.sleep(early)
            link.sendall(message.replace(_PLACE, b"%012d" % number))
            sent, size = sent + 1, size + len(message)
        confirms.wait(sent)
    return {
        "sent": sent,
        "bytes": size,
        "accepted": confirms.acked,
        "nacked": confirms.nacked,
        "closed": confirms.closed,
    }


class _Confirms:
    """Counts what the broker says of each message."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._settled_to = 0
        self._beyond: set[int] = set()
        """Tags after that which are settled already."""
        self.acked = self.nacked = 0
        self.closed: str | None = None

    def read(self) -> None:
        """Read until the connection ends."""
        with suppress(OSError, ValueError):
            while frame := _read_frame(self._stream):
                kind, payload = frame
                name = struct.unpack_from(">HH", payload) if kind == _METHOD else None
                if name in (_ACK, _NACK):
                    tag, multiple = struct.unpack_from(">QB", payload, 4)
                    count = self._settle(tag, multiple=bool(multiple & 1))
                    self.acked += count if name == _ACK else 0
                    self.nacked += count if name == _NACK else 0
                elif name in _CLOSED:
                    self.closed = payload[7:200].decode(errors="replace")

    def _settle(self, tag: int, *, multiple: bool) -> int:
        new = set(range(self._settled_to + 1, tag + 1)) if multiple else {tag}
        count = len(new - self._beyond)
        self._beyond |= new
        while self._settled_to + 1 in self._beyond:
            self._settled_to += 1
            self._beyond.discard(self._settled_to)
        return count

    def wait(self, sent: int) -> None:
        """Wait for the last ones, not for ever."""
        until = time.monotonic() + _LAST_CONFIRMS
        while self.acked + self.nacked < sent and not self.closed and time.monotonic() < until:
            time.sleep(0.1)


def _shake_hands(link: socket.socket, stream: BinaryIO, url: str) -> None:
    parts = urlsplit(url)
    link.sendall(b"AMQP\0\0\x09\x01")
    _read_frame(stream)
    response = f"\0{unquote(parts.username or '')}\0{unquote(parts.password or '')}".encode()
    start_ok = struct.pack(">HHI", 10, 11, 0) + _short(b"PLAIN")
    start_ok += struct.pack(">I", len(response)) + response + _short(b"en_US")
    link.sendall(_frame(_METHOD, 0, start_ok))
    _read_frame(stream)
    link.sendall(_frame(_METHOD, 0, struct.pack(">HHHIH", 10, 31, 10, 128 * 1024, 0)))
    vhost = _short(unquote(parts.path[1:]).encode())
    link.sendall(_frame(_METHOD, 0, struct.pack(">HH", 10, 40) + vhost + _short(b"") + b"\0"))
    _read_frame(stream)
    link.sendall(_frame(_METHOD, 1, struct.pack(">HH", 20, 10) + _short(b"")))
    _read_frame(stream)
    link.sendall(_frame(_METHOD, 1, struct.pack(">HH", 85, 10) + b"\0"))
    _read_frame(stream)
    link.settimeout(None)


def _publication(exchange: str, body: bytes) -> bytes:
    """Return the frames of a persistent publish; the routing key is another each time, too."""
    method = struct.pack(">HHH", 60, 40, 0) + _short(exchange.encode()) + _short(_PLACE) + b"\0"
    properties = struct.pack(">HHQH", 60, 0, len(body), 0x9000) + _short(b"application/json")
    frames = _frame(_METHOD, 1, method) + _frame(_HEADER, 1, properties + b"\x02")
    for start in range(0, len(body), _FRAME):
        frames += _frame(_BODY, 1, body[start : start + _FRAME])
    return frames


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def _read_frame(stream: BinaryIO) -> tuple[int, bytes] | None:
    start = stream.read(7)
    if len(start) < 7:
        return None
    kind, _channel, size = struct.unpack(">BHI", start)
    return kind, stream.read(size + 1)[:-1]


def _short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _json(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


if __name__ == "__main__":
    seconds, link_speed = map(float, sys.argv[3:5])
    print(json.dumps(flood(sys.argv[1], sys.argv[2], seconds, link_speed)))
