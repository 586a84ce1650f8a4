"""Consuming partitions on one channel, and settling what it delivers."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiormq

from worker.amqp.ack_plan import Ack, AckPlan
from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, translated_errors
from worker.amqp.hand import Hand
from worker.amqp.incoming import to_delivery
from worker.amqp.priority import rendezvous_priority
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery
from worker.settings import Settings
from worker.topology import Queue

ACK_PATIENCE = 0.02
"""Seconds that a settled delivery beyond a held one waits for the gap to close."""


class Consumer:
    """Consumes partitions; `deliver` takes each delivery, `lose` hears when it is over.

    Only what `hand` has room for is taken. The tags of its deliveries begin after `before`: those
    of several channels, one after the other, are never the same.
    """

    def __init__(
        self,
        channel: aiormq.Channel,
        settings: Settings,
        deliver: Callable[[Delivery], None],
        lose: Callable[[str], None],
        hand: Hand,
        before: int = 0,
    ) -> None:
        self.hand = hand
        self.last_tag = self._before = before
        self._channel = channel
        self._settings = settings
        self._deliver = deliver
        self._lose = lose
        self._loop = asyncio.get_running_loop()
        self._plan = AckPlan(ACK_PATIENCE)
        self._owed: deque[Ack] = deque()
        self._sending: asyncio.Task[None] | None = None

    async def start(self, partitions: Mapping[Partition, Queue], most: int) -> None:
        """Subscribe to these queues, in this order, with this worker's priority for each.

        Of each there are as many unsettled deliveries as the settings say, but `most` at most.
        """
        settings, timeout, before = self._settings, self._settings.publish_timeout, None
        self._channel.on_consumer_cancel_callbacks.add(self._on_cancel)
        with translated_errors("cannot consume the partitions"):
            for partition, queue in partitions.items():
                alone = isinstance(partition, str)
                prefetch = min(most, settings.isolated_prefetch if alone else settings.prefetch)
                if prefetch != before:  # it holds for each consumer that is started after it
                    await self._channel.basic_qos(prefetch_count=prefetch, timeout=timeout)
                    before = prefetch
                await self._channel.basic_consume(
                    queue.name,
                    self._receiver(partition),
                    arguments={"x-priority": rendezvous_priority(settings.worker_id, partition)},
                    timeout=timeout,
                )

    @property
    def owes_acks(self) -> bool:
        """Whether settled deliveries wait to be acked."""
        return self._plan.waiting

    def settle(self, tags: Sequence[int]) -> None:
        """Ack deliveries, in as few frames as is safe; those settled earlier may come due too."""
        now = self._loop.time()
        self.hand.settle(tags)
        self._plan.settle([tag - self._before for tag in tags], now)
        self._send(self._plan.take(now))

    @property
    def is_gone(self) -> bool:
        """Whether the broker has closed the channel, and has back what was not settled."""
        return self._channel.number not in self._channel.connection.channels

    async def close(self, timeout: float = CLOSE_TIMEOUT) -> None:
        """Send the acks that are owed, then close the channel, within so many seconds for each.

        The channel is closed, never its consumers cancelled: a cancelled consumer's unsettled
        deliveries would come after later ones at whoever takes over.
        """
        if self._channel.is_closed:
            return
        self._send(self._plan.take_all())
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=timeout)
        await closed_within(self._channel.close(), timeout)

    def _receiver(self, partition: Partition) -> Any:
        async def receive(message: aiormq.abc.DeliveredMessage) -> None:
            delivery = to_delivery(message, partition, self._before)
            self.last_tag = delivery.tag
            if self.hand.take(delivery, self._loop.time()):
                self._deliver(delivery)

        return receive

    def _send(self, acks: Sequence[Ack]) -> None:
        self._owed.extend(acks)
        if self._owed and self._sending is None:
            self._sending = self._loop.create_task(self._send_owed())

    async def _send_owed(self) -> None:
        # One after the other. aiormq's queue of what to write is short, and of several that wait
        # for room in it any may go first: an ack overtaken by a later `multiple` one names a tag
        # that is settled already, for which the broker closes the channel.
        try:
            while self._owed:
                ack = self._owed.popleft()
                await self._channel.basic_ack(ack.tag, multiple=ack.multiple, wait=False)
        except Exception as error:  # noqa: BLE001 - aiormq has no one error for a dead channel
            self._owed.clear()
            self._lose(f"cannot ack: {type(error).__name__}")
        finally:
            self._sending = None

    def _on_cancel(self, _frame: object) -> None:
        self._lose("the broker cancelled a consumer: its partition queue was deleted or moved")
