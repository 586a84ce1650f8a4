"""The model runners: take jobs and dead letters out of their queues, and write them down."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiormq import Channel
from aiormq.abc import DeliveredMessage

from tests.campaign.conversation import DEAD
from tests.campaign.endpoint import Endpoint
from tests.campaign.ledger import Ledger

_PREFETCH = 200
_ACK_INTERVAL = 0.01


class Runner:
    """Takes everything out of one queue, over a connection of its own."""

    def __init__(self, queue: str, urls: Sequence[str], ledger: Ledger) -> None:
        self.queue = queue
        self._ledger = ledger
        self._endpoint = Endpoint(urls, self._serve)
        self._running = asyncio.Event()
        self._running.set()
        self._unacked = 0
        self._last_tag = 0

    def start(self) -> None:
        """Begin to consume, in the background."""
        self._endpoint.start()

    async def close(self) -> None:
        """Disconnect; what was not acked goes back."""
        await self._endpoint.close()

    def stall(self) -> None:
        """Ack nothing more, so that the queue fills up."""
        self._running.clear()

    def resume(self) -> None:
        """Ack again."""
        self._running.set()
        channel = self._endpoint.channel
        if channel is not None and self._unacked:
            self._ack_soon(channel)

    @property
    def idle(self) -> bool:
        """Whether it consumes and holds nothing."""
        return self._endpoint.channel is not None and self._unacked == 0

    async def _serve(self, channel: Channel) -> None:
        self._unacked = 0
        await channel.basic_qos(prefetch_count=_PREFETCH)

        async def take(message: DeliveredMessage) -> None:
            self._write_down(message)
            self._last_tag = message.delivery_tag or 0
            self._unacked += 1
            if self._unacked == 1 and self._running.is_set():
                self._ack_soon(channel)

        await channel.basic_consume(self.queue, take)

    def _ack_soon(self, channel: Channel) -> None:
        asyncio.get_running_loop().call_later(
            _ACK_INTERVAL, lambda: asyncio.ensure_future(self._ack(channel))
        )

    async def _ack(self, channel: Channel) -> None:
        if channel is not self._endpoint.channel or not self._running.is_set():
            return
        self._unacked = 0
        with suppress(Exception, asyncio.CancelledError):
            await channel.basic_ack(self._last_tag, multiple=True, wait=False)

    def _write_down(self, message: DeliveredMessage) -> None:
        properties: Any = message.header.properties
        headers = properties.headers or {}
        if self.queue == DEAD:
            self._ledger.letter(headers)
        else:
            self._ledger.job(self.queue, message.body, headers, properties.message_id)
