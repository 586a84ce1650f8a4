"""Publishes messages whose properties no client library would write, over a socket of its own."""

import socket
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import pamqp.frame
from pamqp import commands, header

from tests import amqp_bytes as raw
from tests.broker.service import PATIENCE

_CHANNEL = 1
_PUBLISH = struct.pack(">HHH", 60, 40, 0)
_BODY_FRAME = 128 * 1024 - 8


class RawPublisher:
    """A connection in confirm mode. A context manager, for one thread.

    It consumes direct replies, so that messages may ask for one (`amq.rabbitmq.reply-to`).
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def __enter__(self) -> Self:
        url = self._url
        self._socket = socket.create_connection((url.hostname, url.port), PATIENCE)
        self._stream = self._socket.makefile("rb")
        self._socket.sendall(header.ProtocolHeader(0, 9, 1).marshal())
        self._expect(commands.Connection.Start)
        credentials = f"\0{url.username}\0{url.password}"
        self._send(commands.Connection.StartOk({}, "PLAIN", credentials, "en_US"), channel=0)
        tune = self._expect(commands.Connection.Tune)
        self._send(commands.Connection.TuneOk(tune.channel_max, tune.frame_max, 0), channel=0)
        self._send(commands.Connection.Open(unquote(url.path[1:])), channel=0)
        self._expect(commands.Connection.OpenOk)
        self._send(commands.Channel.Open())
        self._expect(commands.Channel.OpenOk)
        self._send(commands.Basic.Consume(queue="amq.rabbitmq.reply-to", no_ack=True))
        self._expect(commands.Basic.ConsumeOk)
        self._send(commands.Confirm.Select())
        self._expect(commands.Confirm.SelectOk)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        self._socket.close()

    def publish(
        self,
        exchange: str,
        body: bytes,
        properties: Mapping[str, bytes] | None = None,
        routing_key: bytes = b"",
    ) -> None:
        """Publish with raw property values, and return once the broker has the message."""
        method = _PUBLISH + raw.short(exchange.encode()) + raw.short(routing_key) + b"\x01"
        content = raw.content_header(len(body), properties or {})
        frames = raw.frame(raw.METHOD, _CHANNEL, method) + raw.frame(raw.HEADER, _CHANNEL, content)
        for start in range(0, len(body), _BODY_FRAME):
            frames += raw.frame(raw.BODY, _CHANNEL, body[start : start + _BODY_FRAME])
        self._socket.sendall(frames)
        self._expect(commands.Basic.Ack)

    def _send(self, method: Any, channel: int = _CHANNEL) -> None:
        self._socket.sendall(pamqp.frame.marshal(method, channel))

    def _expect(self, wanted: type) -> Any:
        start = self._stream.read(7)
        assert len(start) == 7, "the broker closed the connection"
        size = struct.unpack(">I", start[3:])[0]
        method = pamqp.frame.unmarshal(start + self._stream.read(size + 1))[2]
        if isinstance(method, pamqp.heartbeat.Heartbeat):
            return self._expect(wanted)
        assert isinstance(method, wanted), f"{method.name}: {vars(method) if method else ''}"
        return method
