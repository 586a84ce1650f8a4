"""Consuming partitions on one channel, and settling what it delivers."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiormq

from worker.amqp.ack_plan import Ack, AckPlan
from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, translated_errors
from worker.amqp.incoming import to_delivery
from worker.amqp.priority import rendezvous_priority
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery
from worker.settings import Settings
from worker.topology import Queue

ACK_PATIENCE = 0.02
"""Seconds that a settled delivery beyond a held one waits for the gap to close."""


class Consumer:
    """Consumes partitions; `deliver` takes each delivery, `lose` hears when it is over."""

    def __init__(
        self,
        channel: aiormq.Channel,
        settings: Settings,
        deliver: Callable[[Delivery], None],
        lose: Callable[[str], None],
    ) -> None:
        self._channel = channel
        self._settings = settings
        self._deliver = deliver
        self._lose = lose
        self._loop = asyncio.get_running_loop()
        self._plan = AckPlan(ACK_PATIENCE)
        self._owed: deque[Ack] = deque()
        self._sending: asyncio.Task[None] | None = None

    async def start(self, partitions: Mapping[Partition, Queue]) -> None:
        """Subscribe to these queues, with this worker's priority for each."""
        settings = self._settings
        self._channel.on_consumer_cancel_callbacks.add(self._on_cancel)
        for prefetch, alone in ((settings.prefetch, False), (settings.isolated_prefetch, True)):
            some = {p: queue for p, queue in partitions.items() if isinstance(p, str) is alone}
            await self._subscribe(some, prefetch)

    async def _subscribe(self, partitions: Mapping[Partition, Queue], prefetch: int) -> None:
        """Subscribe to queues, so many unsettled deliveries of each at once."""
        settings, timeout = self._settings, self._settings.publish_timeout
        with translated_errors("cannot consume the partitions"):
            # It holds for each consumer that is started after it.
            await self._channel.basic_qos(prefetch_count=prefetch, timeout=timeout)
            for partition, queue in partitions.items():
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
        self._plan.settle(tags, now)
        self._send(self._plan.take(now))

    async def close(self) -> None:
        """Send the acks that are owed, then close the channel.

        The channel is closed, never its consumers cancelled: a cancelled consumer's unsettled
        deliveries would come after later ones at whoever takes over.
        """
        if self._channel.is_closed:
            return
        self._send(self._plan.take_all())
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=CLOSE_TIMEOUT)
        await closed_within(self._channel.close(), CLOSE_TIMEOUT)

    def _receiver(self, partition: Partition) -> Any:
        async def receive(message: aiormq.abc.DeliveredMessage) -> None:
            self._deliver(to_delivery(message, partition))

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
