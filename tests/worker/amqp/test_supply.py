import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import aiormq

from tests.broker.service import eventually
from tests.routing.tables import table
from worker.amqp import supply as supply_module
from worker.amqp.supply import Supply
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery
from worker.settings import Settings
from worker.topology import Queue, plan_topology

PARTITIONS = 4
PREFETCH = 100


class Channel:
    """Takes what a consumer says, as aiormq does, and closes when it is told to."""

    number = 1
    is_closed = False

    def __init__(self) -> None:
        self.closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.connection = SimpleNamespace(channels={1: self})
        self.on_consumer_cancel_callbacks: set[Any] = set()
        self.prefetch = 0
        self.consumed: list[str] = []

    async def basic_qos(self, prefetch_count: int, **_: Any) -> None:
        self.prefetch = prefetch_count

    async def basic_consume(self, queue: str, *_: Any, **__: Any) -> None:
        self.consumed.append(queue)

    async def basic_ack(self, *_: Any, **__: Any) -> None: ...

    async def close(self) -> None:
        self.is_closed = True
        self.connection.channels.clear()


class Site:
    """A supply on one channel after another."""

    def __init__(self) -> None:
        self.channels: list[Channel] = []
        self.lost: list[str] = []
        settings = Settings.load({"partitions": "4", "memory_in_hand": "1MiB"}, {}, {})
        self.settings = replace(settings, prefetch=PREFETCH)
        queues: dict[Partition, Queue] = dict(
            enumerate(plan_topology(table(), self.settings).partitions)
        )
        self.supply = Supply(
            self.open, lambda _: None, lambda _: None, self.lost.append, self.settings, queues
        )

    async def open(self) -> aiormq.Channel:
        self.channels.append(Channel())
        return cast(aiormq.Channel, self.channels[-1])

    def fill(self, count: int) -> list[int]:
        """Deliver until there is no room, `count` at once; return the tags that were taken."""
        assert self.supply._consumer is not None
        hand = self.supply._consumer.hand
        body = b"x" * (self.settings.memory_in_hand // 4 // (count + 1))
        tags = range(1, count + 2)
        return [tag for tag in tags if hand.take(Delivery(tag, body, "", "", partition=0), now=0)]

    async def until_channels(self, count: int) -> None:
        await eventually(lambda: len(self.channels) >= count, f"there are {count} channels")


@asynccontextmanager
async def tended():
    site = Site()
    await site.supply.open()
    tending = asyncio.ensure_future(site.supply.tend())
    try:
        yield site
    finally:
        tending.cancel()


async def test_after_too_much_as_few_are_asked_for_as_there_was_room_for(monkeypatch):
    """Once all is settled another channel gets a share of what fitted, and begins elsewhere."""
    monkeypatch.setattr(supply_module, "_LOOK", 0.01)
    async with tended() as site:
        taken = site.fill(40)
        assert site.supply.paused
        site.supply.settle(taken[:-1])
        await asyncio.sleep(0.05)
        assert len(site.channels) == 1
        site.supply.settle(taken[-1:])
        await site.until_channels(2)
        first, second = site.channels
        assert (first.is_closed, first.prefetch, second.prefetch) == (True, 100, len(taken) // 4)
        assert second.consumed == [*first.consumed[1:], first.consumed[0]]
        assert not site.supply.paused
        assert not site.lost


async def test_a_channel_that_is_not_closed_is_never_followed_by_another(monkeypatch):
    """While the broker may still hold what was left out on the old one, the link is given up."""
    monkeypatch.setattr(supply_module, "_LOOK", 0.01)
    async with tended() as site:
        monkeypatch.setattr(Channel, "close", lambda _: asyncio.sleep(0))
        site.supply.settle(site.fill(10))
        await eventually(lambda: site.lost, "the link is given up")
        assert site.lost == ["the broker does not close a channel"]
        assert len(site.channels) == 1


async def test_it_gets_more_again_when_there_is_room(monkeypatch):
    """After a while in which little was in hand it asks for twice as many, up to the settings."""
    monkeypatch.setattr(supply_module, "_LOOK", 0.01)
    async with tended() as site:
        monkeypatch.setattr(supply_module, "_STEADY", 0.0)
        site.supply.settle(site.fill(40))
        await site.until_channels(6)
        assert [channel.prefetch for channel in site.channels] == [100, 7, 14, 28, 56, 100]
        await asyncio.sleep(0.05)
        assert len(site.channels) == 6


async def test_no_channel_is_opened_for_a_link_that_closes():
    """If all is settled in the moment in which it is told to end, it ends."""
    site = Site()
    await site.supply.open()
    tending = asyncio.ensure_future(site.supply.tend())
    await asyncio.sleep(0)
    site.supply.settle(site.fill(40))
    tending.cancel()
    await asyncio.wait({tending}, timeout=5)
    assert tending.cancelled()
    assert len(site.channels) == 1
