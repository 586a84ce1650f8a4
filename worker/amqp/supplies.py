"""What a link takes from the broker: from all partitions, and from each isolated platform alone."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiormq

from worker.amqp.supply import Supply
from worker.partitions import Depth, Partition
from worker.pipeline.publication import Publication
from worker.settings import Settings
from worker.topology import Queue

_SPAN = 2**60
"""The tags of one supply; no channel has ever as many deliveries."""
_PART = 4
"""All isolated platforms together get one such part of `memory_in_hand`."""


class Supplies:
    """One supply for the partitions, and one for each isolated platform.

    Each has a channel and a part of `memory_in_hand` of its own. What an isolated platform holds
    for long, because of its rate or its limits, then holds up neither the acks of anybody else nor
    the next channel that they wait for once there was too much in hand.
    """

    def __init__(
        self,
        settings: Settings,
        partitions: Mapping[Partition, Queue],
        make: Callable[[Settings, Mapping[Partition, Queue], int], Supply],
    ) -> None:
        """`make` is given the settings and the queues of a supply, and where its tags begin."""
        alone = [name for name in partitions if isinstance(name, str)]
        shared = [name for name in partitions if isinstance(name, int)]
        part = settings.memory_in_hand // _PART if alone else 0
        rooms = [settings.memory_in_hand - part, *(part // len(alone) for _ in alone)]
        groups: list[Sequence[Partition]] = [shared, *([name] for name in alone)]
        self._supplies = tuple(
            make(
                replace(settings, memory_in_hand=room),
                {name: partitions[name] for name in names},
                number * _SPAN,
            )
            for number, (names, room) in enumerate(zip(groups, rooms, strict=True))
        )
        self._shared = self._supplies[0]

    async def open(self) -> None:
        """Consume all of them. Raises BrokerError."""
        for supply in self._supplies:
            await supply.open()

    def tending(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield what puts another consumer in the place of one that has had too much, for ever."""
        for supply in self._supplies:
            yield supply.tend()

    async def close(self) -> None:
        """Send the acks that are owed, then close the channels."""
        await asyncio.gather(*(supply.close() for supply in self._supplies))

    @property
    def subscribed(self) -> int:
        """To how many queues."""
        return sum(supply.subscribed for supply in self._supplies)

    @property
    def is_open(self) -> bool:
        """Whether there are all channels, or the next ones are about to be."""
        return all(supply.is_open for supply in self._supplies)

    @property
    def owes_acks(self) -> bool:
        """Whether settled deliveries wait to be acked."""
        return any(supply.owes_acks for supply in self._supplies)

    @property
    def paused(self) -> bool:
        """Whether nothing is taken from the partitions until what is in hand is settled."""
        return self._shared.paused

    @property
    def held(self) -> set[Partition]:
        """Those from which nothing is taken until what is in hand is settled."""
        return {name for each in self._supplies if each.paused for name in each.partitions}

    async def depths(self, channel: aiormq.abc.AbstractChannel) -> dict[Partition, Depth]:
        """Ask through a channel what is in each queue. Raises as aiormq does."""
        depths: dict[Partition, Depth] = {}
        for supply in self._supplies:
            depths |= await supply.depths(channel)
        return depths

    def weigh(self, numbered: Sequence[tuple[int, Publication]]) -> None:
        """Count what deliveries, by their tags, have become."""
        for each in numbered:
            self._supplies[each[0] // _SPAN].weigh((each,))

    def settle(self, tags: Sequence[int]) -> None:
        """Ack deliveries, and those settled before that have waited long enough."""
        by_supply = defaultdict(list)
        for tag in tags:
            by_supply[tag // _SPAN].append(tag)
        for number, supply in enumerate(self._supplies):
            supply.settle(by_supply[number])
