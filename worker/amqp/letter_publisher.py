"""Publishing letters whose properties are written already."""

import asyncio
from typing import Any

import aiormq
from aio_pika.abc import AbstractConnection

from worker.amqp.connect import translated_errors
from worker.amqp.errors import BrokerUnavailable
from worker.amqp.underlay import underlay
from worker.amqp.wire_properties import WrittenProperties


class LetterPublisher:
    """Publishes to one exchange, each letter confirmed."""

    def __init__(self, channel: aiormq.Channel, exchange: str, timeout: float) -> None:
        self._channel = channel
        self._exchange = exchange
        self._timeout = timeout
        self._returned = False
        self._watch(channel)

    @classmethod
    async def open(
        cls, connection: AbstractConnection, exchange: str, timeout: float
    ) -> "LetterPublisher":
        """Open a channel for it. Raises BrokerUnavailable."""
        with translated_errors("cannot open a channel"):
            channel = await underlay(connection).channel(timeout=timeout)
        return cls(channel, exchange, timeout)

    async def publish(
        self, routing_key: str, wire: bytes, message_id: str | None, body: bytes
    ) -> None:
        """Return once the broker has the letter. Raises BrokerUnavailable or AccessRefused."""
        with translated_errors(f"cannot publish to {self._exchange}"):
            await asyncio.wait_for(
                self._channel.basic_publish(
                    body,
                    exchange=self._exchange,
                    routing_key=routing_key,
                    properties=WrittenProperties(wire, message_id),
                    mandatory=True,
                    wait=False,
                ),
                self._timeout,
            )
        if self._returned:
            raise BrokerUnavailable(f"cannot publish to {self._exchange}: no queue is bound to it")

    def _watch(self, channel: Any) -> None:
        """See what is returned. The library knows by its message id which publish that was, and
        takes what has none for confirmed; here the first one returned ends it all.
        """
        read = channel._on_return_frame  # noqa: SLF001 - it tells nobody otherwise

        async def see(frame: object) -> None:
            self._returned = True
            await read(frame)

        channel._on_return_frame = see  # noqa: SLF001 - its reader calls what is there
