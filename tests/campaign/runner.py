"""The model runners: take jobs and dead letters out of their queues, and write them down."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiormq import Channel
from aiormq.abc import DeliveredMessage

from tests.campaign.conversation import DEAD
from tests.campaign.endpoint import Endpoint
from tests.campaign.ledger import Ledger
from worker.demo.control_command import ControlCommandFailed

_PREFETCH = 200
_ACK_INTERVAL = 0.01
_SILENCE = 5.0
"""Seconds without a delivery until it looks whether its queue holds any."""

Depths = Callable[[], Awaitable[Mapping[str, tuple[int, int]]]]
"""Asks the broker for (ready, unacked) of each queue."""


class Runner:
    """Takes everything out of one queue, over a connection of its own.

    A queue that is deleted and declared anew at once can keep its consumer and give it nothing: the
    broker's channel has forgotten the queue. So one that hears nothing connects anew.
    """

    def __init__(self, queue: str, urls: Sequence[str], ledger: Ledger, depths: Depths) -> None:
        self.queue = queue
        self.reconnects = 0
        """How often its queue held something, and it got nothing until it connected anew."""
        self._ledger = ledger
        self._depths = depths
        self._endpoint = Endpoint(urls, self._serve)
        self._running = asyncio.Event()
        self._running.set()
        self._unacked = 0
        self._last_tag = 0
        self._silent_since = 0.0
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to consume, in the background."""
        self._endpoint.start()
        self._watch = asyncio.ensure_future(self._listen_for_silence())

    async def close(self) -> None:
        """Disconnect; what was not acked goes back."""
        if self._watch is not None:
            self._watch.cancel()
        await self._endpoint.close()

    def stall(self) -> None:
        """Ack nothing more, so that the queue fills up."""
        self._running.clear()

    def resume(self) -> None:
        """Ack again."""
        self._running.set()
        self._silent_since = time.monotonic()
        channel = self._endpoint.channel
        if channel is not None and self._unacked:
            self._ack_soon(channel)

    @property
    def idle(self) -> bool:
        """Whether it consumes and holds nothing."""
        return self._endpoint.channel is not None and self._unacked == 0

    async def _serve(self, channel: Channel) -> None:
        self._unacked = 0
        self._silent_since = time.monotonic()
        await channel.basic_qos(prefetch_count=_PREFETCH)

        async def take(message: DeliveredMessage) -> None:
            self._write_down(message)
            if channel is not self._endpoint.channel:
                return  # the channel it came over is gone: it will come again
            self._silent_since = time.monotonic()
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

    async def _listen_for_silence(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            silent = time.monotonic() - self._silent_since > _SILENCE
            if silent and self._running.is_set() and self._endpoint.channel is not None:
                with suppress(ControlCommandFailed, ValueError):  # its node is away just now
                    await self._reconnect_if_forgotten()
                await asyncio.sleep(_SILENCE)

    async def _reconnect_if_forgotten(self) -> None:
        since = self._silent_since
        held = sum((await self._depths()).get(self.queue, (0, 0)))
        if held and self.idle and since == self._silent_since:
            self.reconnects += 1
            self._endpoint.drop()

    def _write_down(self, message: DeliveredMessage) -> None:
        properties: Any = message.header.properties
        headers = properties.headers or {}
        if self.queue == DEAD:
            self._ledger.letter(headers)
        else:
            self._ledger.job(self.queue, message.body, headers, properties.message_id)
