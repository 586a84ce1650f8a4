"""Publishing on one channel after another, since a channel may be refused for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiormq

from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.connect import CLOSE_TIMEOUT, closed_within
from worker.amqp.errors import BrokerError
from worker.amqp.publisher import Publisher
from worker.pipeline.publication import Publication

_INTERVAL = 0.5
_Closing = asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outlet:
    publisher: Publisher
    channel: aiormq.Channel
    closing: _Closing
    """Done when the channel is closed."""


class Outbox:
    """Publishes through one publisher at a time, and puts another in its place if need be.

    A quorum queue tells a channel when it is full and when there is room again. If its limit is
    taken away meanwhile, as when a policy is cleared, the second is never told, and the broker goes
    on refusing on that channel whatever the queue would take. A new channel is told afresh.

    No order is lost by that: what waits for its turn in a conversation is published when what came
    before is confirmed, on whichever channel.
    """

    def __init__(
        self,
        open_channel: Callable[[], Awaitable[aiormq.Channel]],
        on_close: Callable[[_Closing], None],
        make_publisher: Callable[[aiormq.Channel], Publisher],
    ) -> None:
        """`on_close` hears of each channel that closes unasked."""
        self._open_channel = open_channel
        self._on_close = on_close
        self._make_publisher = make_publisher
        self._outlet: _Outlet | None = None
        self._retiring: _Outlet | None = None
        """Published through until lately; its publishes in flight may still be confirmed."""

    async def open(self) -> None:
        """Open the first channel. Raises BrokerError."""
        self._outlet = await self._new_outlet()

    @property
    def is_open(self) -> bool:
        """Whether there is a channel to publish on."""
        return self._outlet is not None and not self._outlet.closing.done()

    def publish(self, numbered: Sequence[tuple[int, Publication]]) -> None:
        """Publish each publication; its token comes back with what became of it."""
        if self._outlet is not None and numbered:
            self._outlet.publisher.publish(numbered)

    def expire(self, *, blocked: bool) -> None:
        """Give up on confirms that take too long, unless the broker blocks the connection."""
        for publisher in self._publishers:
            publisher.expire(blocked=blocked)

    async def keep_expiring(self, is_blocked: Callable[[], bool]) -> None:
        """`expire` now and then, for ever."""
        while True:
            await asyncio.sleep(_INTERVAL)
            self.expire(blocked=is_blocked())

    async def keep_renewing(self, is_blocked: Callable[[], bool]) -> None:
        """`renew` now and then, for ever."""
        while True:
            await asyncio.sleep(_INTERVAL)
            if not is_blocked():  # or else no channel would be opened
                await self.renew()
            raise_if_cancelled()

    async def renew(self) -> None:
        """Take a new channel if a queue goes on refusing on this one; close one that is done."""
        if self._retiring is not None:
            if not self._retiring.publisher.pending:
                self._retiring.closing.remove_done_callback(self._on_close)
                await closed_within(self._retiring.channel.close(), CLOSE_TIMEOUT)
                self._retiring = None
        elif self._outlet is not None and self._outlet.publisher.goes_on_being_refused:
            with suppress(BrokerError):  # the one there is serves every other queue
                outlet = await self._new_outlet()
                self._retiring, self._outlet = self._outlet, outlet

    async def close(self) -> None:
        """Forget what is unconfirmed; the channels go with their connection."""
        for publisher in self._publishers:
            await publisher.close()

    @property
    def _publishers(self) -> list[Publisher]:
        both = (self._outlet, self._retiring)
        return [outlet.publisher for outlet in both if outlet is not None]

    async def _new_outlet(self) -> _Outlet:
        channel = await self._open_channel()
        closing = channel.closing
        closing.add_done_callback(self._on_close)
        return _Outlet(self._make_publisher(channel), channel, closing)
