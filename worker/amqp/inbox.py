"""What came up from the broker and has not been received yet."""

import asyncio
from collections.abc import Sequence

from worker.amqp.errors import BrokerUnavailable
from worker.amqp.ration import Ration
from worker.batch import Batch, Refusal
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery


class Inbox:
    """Collects deliveries, confirms and refusals until they are received as one batch.

    Deliveries of isolated platforms come up as their ration has it: a few at a time, behind all
    others. What is done between a batch and the next call is what it counts as their time.

    Once lost, it still gives what came before, and then raises.
    """

    def __init__(self, isolated_rate: float) -> None:
        """Take a rate in bytes a second, for each isolated platform."""
        self._loop = asyncio.get_running_loop()
        self._batch = Batch()
        self._waiter: asyncio.Future[None] | None = None
        self._open = True
        self._ration = Ration(isolated_rate, self._loop.time)
        self.lost: str | None = None
        """Why nothing more can come, or None."""
        self._told: set[str] = set()

    def deliver(self, delivery: Delivery) -> None:
        """Add a delivery, unless deliveries are no longer taken."""
        if not self._open:
            return
        if isinstance(delivery.partition, str):
            if not self._ration.put(delivery.partition, delivery):
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
        self._ration.clear()

    @property
    def rationed(self) -> set[Partition]:
        """The isolated platforms that have deliveries waiting here."""
        return self._ration.platforms

    def wake(self) -> None:
        """Have `receive` return now, with or without anything."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self, timeout: float | None) -> Batch:
        """Return what came since the last call; wait for it up to `timeout` seconds.

        May be empty. Raises BrokerUnavailable once lost and emptied.
        """
        self._ration.settle()
        if not self._batch and self.lost is None:
            await self._wait(self._until_isolated(timeout))
        if not self._batch and not self._ration and self.lost is not None:
            raise BrokerUnavailable(self.lost)
        batch, self._batch = self._batch, Batch()
        batch.deliveries += self._ration.take(at_once=self.lost is not None)
        return batch

    def _until_isolated(self, timeout: float | None) -> float | None:
        """Return how long to wait at most, in seconds, if nothing else comes."""
        due_in = self._ration.due_in()
        if due_in is None:
            return timeout
        return due_in if timeout is None else min(due_in, timeout)

    async def _wait(self, timeout: float | None) -> None:
        self._waiter = self._loop.create_future()
        timer = None if timeout is None else self._loop.call_later(max(timeout, 0), self.wake)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
