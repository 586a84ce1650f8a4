"""Consuming through one channel after another, since what comes may be too much at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import aiormq

from worker.amqp.ask_depth import depth_on
from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.consumer import Consumer
from worker.amqp.errors import BrokerError, BrokerUnavailable
from worker.amqp.hand import Hand
from worker.partitions import Depth, Partition
from worker.pipeline.delivery import Delivery
from worker.pipeline.publication import Publication
from worker.settings import Settings
from worker.topology import Queue

_STEADY = 60.0  # seconds between two steps back to the prefetch of the settings
_LOOK = 1.0
_QUIET = 0.2  # seconds without a delivery: what the broker may send on this channel is here
_HELD = 2.0  # seconds: what has been here for longer is held by a queue that refuses


class Supply:
    """Takes deliveries through one consumer at a time, and puts another in its place if need be.

    The broker sends as many messages as `prefetch` says, of whatever size. When they are too much
    for `memory_in_hand`, no more is taken until all that is in hand is settled; then the channel is
    closed, by which the broker has back, in its order, what was left out, and the next one gets as
    few at once as there was room for. Bit by bit it gets more again.

    Nothing stops reading from the connection meanwhile: the broker would take that for a dead peer.
    """

    def __init__(
        self,
        open_channel: Callable[[], Awaitable[aiormq.Channel]],
        on_close: Callable[["asyncio.Future[Any]"], None],
        deliver: Callable[[Delivery], None],
        lose: Callable[[str], None],
        settings: Settings,
        partitions: Mapping[Partition, Queue],
        first: int = 0,
    ) -> None:
        """`on_close` hears of each channel that closes unasked. Tags begin after `first`."""
        self.partitions = partitions
        self._settings = settings
        self._open_channel = open_channel
        self._on_close = on_close
        self._deliver = deliver
        self._lose = lose
        self._first = first
        self._loop = asyncio.get_running_loop()
        self._prefetch = settings.prefetch
        self._turns = 0
        self._since = self._loop.time()
        self._consumer: Consumer | None = None
        self.subscribed = 0
        """To how many queues; those of one channel until the next one has them."""
        self._closing: asyncio.Future[Any] | None = None

    async def open(self) -> None:
        """Consume. Raises BrokerError."""
        channel = await self._open_channel()
        self._closing = channel.closing
        self._closing.add_done_callback(self._on_close)
        before = self._consumer
        first = self._first if before is None else before.last_tag
        hand = Hand(self._settings.memory_in_hand)
        settings = self._settings
        self._consumer = Consumer(channel, settings, self._deliver, self._lose, hand, first)
        self._since = self._loop.time()
        await self._consumer.start(self._in_turn(), self._prefetch)
        self.subscribed = len(self.partitions)

    @property
    def is_open(self) -> bool:
        """Whether there is a channel, or the next one is about to be."""
        return self._closing is not None and (self.paused or not self._closing.done())

    @property
    def owes_acks(self) -> bool:
        """Whether settled deliveries wait to be acked."""
        return self._consumer is not None and self._consumer.owes_acks

    @property
    def paused(self) -> bool:
        """Whether nothing is taken until what is in hand is settled."""
        return self._consumer is not None and self._consumer.hand.closed

    async def depths(self, channel: aiormq.abc.AbstractChannel) -> dict[Partition, Depth]:
        """Ask through a channel what is in each queue.

        What was delivered and not taken counts as being there still. Raises as aiormq does.
        """
        depths: dict[Partition, Depth] = {}
        for partition, queue in self.partitions.items():
            depth = await depth_on(channel, queue.name, self._settings.publish_timeout)
            left_out = self._left_out.get(partition, 0)
            depths[partition] = Depth(depth.messages + left_out, depth.consumers)
        return depths

    @property
    def _left_out(self) -> Mapping[Partition, int]:
        return {} if self._consumer is None else self._consumer.hand.left_out

    def weigh(self, numbered: Sequence[tuple[int, Publication]]) -> None:
        """Count what deliveries, by their tags, have become."""
        if self._consumer is not None:
            for tag, publication in numbered:
                self._consumer.hand.weigh(tag, len(publication.body))

    def settle(self, tags: Sequence[int]) -> None:
        """Ack deliveries, and those settled before that have waited long enough."""
        if self._consumer is not None:
            self._consumer.settle(tags)

    async def close(self) -> None:
        """Send the acks that are owed, then close the channel."""
        if self._consumer is not None:
            await self._consumer.close()

    async def tend(self) -> None:
        """Put another consumer in the place of one that has had too much, for ever."""
        while (consumer := self._consumer) is not None:
            hand = consumer.hand
            with suppress(TimeoutError):
                await asyncio.wait_for(hand.finished.wait(), _LOOK)
            raise_if_cancelled()
            if not hand.finished.is_set():
                self._give_more(hand)
            elif (wait := hand.heard + _QUIET - self._loop.time()) > 0:
                await asyncio.sleep(wait)
            else:
                try:
                    await self._replace(consumer)
                except BrokerError as error:
                    self._lose(str(error))
                    return

    async def _replace(self, consumer: Consumer) -> None:
        hand = consumer.hand
        if hand.fitting:
            fitting = hand.fitting // max(1, len(self.partitions))
            self._prefetch = max(1, min(fitting, self._prefetch // 2))
        if self._closing is not None:
            self._closing.remove_done_callback(self._on_close)
        await consumer.close(self._settings.publish_timeout)
        if not consumer.is_gone:
            # What it left out is not in its queue yet, and later messages must not come before it.
            raise BrokerUnavailable("the broker does not close a channel")
        await self.open()

    def _give_more(self, hand: Hand) -> None:
        """Begin to take twice as many at once, if it has been long and there is room for them."""
        now, settings = self._loop.time(), self._settings
        if (
            self._prefetch < settings.prefetch
            and now - self._since >= _STEADY
            and 2 * hand.most <= settings.memory_in_hand
            and hand.waited(now) < _HELD
        ):
            self._prefetch = min(2 * self._prefetch, settings.prefetch)
            hand.close()

    def _in_turn(self) -> dict[Partition, Queue]:
        """Return the partitions, another one first each time: the first is sure to be heard."""
        numbers = list(self.partitions)
        first = self._turns % max(1, len(numbers))
        self._turns += 1
        return {number: self.partitions[number] for number in numbers[first:] + numbers[:first]}
