"""What came up from the broker and has not been received yet."""

import asyncio
from collections import deque
from collections.abc import Sequence

from worker.amqp.errors import BrokerUnavailable
from worker.batch import Batch, Refusal
from worker.pipeline.delivery import Delivery

_SHARE = 16 * 1024
"""Bytes. A batch takes no more from isolated platforms once it has so many of them."""
_REST = 3.0
"""Times as long as they took."""


class Inbox:
    """Collects deliveries, confirms and refusals until they are received as one batch.

    Deliveries of isolated platforms come up a few at a time, and after each few not before three
    times as long as it took until the next call: what they make us do leaves three quarters of the
    time to others.

    Once lost, it still gives what came before, and then raises.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._batch = Batch()
        self._waiter: asyncio.Future[None] | None = None
        self._open = True
        self._isolated: deque[Delivery] = deque()
        self._given_at: float | None = None
        """When the last batch was given, if there were some of isolated platforms in it."""
        self._rests_until = 0.0
        """Until then no more of them are given."""
        self.lost: str | None = None
        """Why nothing more can come, or None."""
        self._told: set[str] = set()

    def deliver(self, delivery: Delivery) -> None:
        """Add a delivery, unless deliveries are no longer taken."""
        if not self._open:
            return
        if isinstance(delivery.partition, str):
            self._isolated.append(delivery)
            if len(self._isolated) > 1:
                return  # whoever waits knows until when
        else:
            self._batch.deliveries.append(delivery)
        self.wake()

    def confirm(self, token: int) -> None:
        """Add a confirm."""
        self._batch.confirmed.append(token)
        self.wake()

    def refuse(self, refusal: Refusal) -> None:
        """Add a refusal."""
        self._batch.refused.append(refusal)
        self.wake()

    def tell(self, mismatches: Sequence[str]) -> None:
        """Add what exists otherwise than we need it, each once."""
        new = [line for line in mismatches if line not in self._told]
        self._told.update(new)
        self._batch.mismatches.extend(new)
        self.wake()

    def lose(self, why: str) -> None:
        """Note that nothing more can come; the first reason stays."""
        self.lost = self.lost or why
        self.wake()

    def stop_deliveries(self) -> None:
        """Take no further deliveries, and forget those not yet received."""
        self._open = False
        self._batch.deliveries.clear()
        self._isolated.clear()

    def wake(self) -> None:
        """Have `receive` return now, with or without anything."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self, timeout: float | None) -> Batch:
        """Return what came since the last call; wait for it up to `timeout` seconds.

        May be empty. Raises BrokerUnavailable once lost and emptied.
        """
        if self._given_at is not None:
            now = self._loop.time()
            self._rests_until, self._given_at = now + _REST * (now - self._given_at), None
        if not self._batch and self.lost is None:
            await self._wait(self._until_isolated(timeout))
        if not self._batch and not self._isolated and self.lost is not None:
            raise BrokerUnavailable(self.lost)
        batch, self._batch = self._batch, Batch()
        self._give_isolated(batch)
        return batch

    def _until_isolated(self, timeout: float | None) -> float | None:
        """Return how long to wait at most, in seconds, if nothing else comes."""
        if not self._isolated:
            return timeout
        rest = max(0.0, self._rests_until - self._loop.time())
        return rest if timeout is None else min(rest, timeout)

    def _give_isolated(self, batch: Batch) -> None:
        """Add a few of isolated platforms, if it is time, behind all others."""
        now = self._loop.time()
        if not self._isolated or (now < self._rests_until and self.lost is None):
            return
        size = 0
        while self._isolated and size < _SHARE:
            delivery = self._isolated.popleft()
            batch.deliveries.append(delivery)
            size += len(delivery.body)
        self._given_at = now

    async def _wait(self, timeout: float | None) -> None:
        self._waiter = self._loop.create_future()
        timer = None if timeout is None else self._loop.call_later(max(timeout, 0), self.wake)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
