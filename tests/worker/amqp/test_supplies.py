import asyncio
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import aiormq
import pytest

from worker.amqp.supplies import Supplies
from worker.amqp.supply import Supply
from worker.partitions import Partition
from worker.pipeline.delivery import Properties
from worker.pipeline.publication import Publication
from worker.settings import Settings
from worker.topology import Queue

KIB = 1024


class Channel:
    """Gives what it is told to, as aiormq does, and remembers what was acked."""

    number = 1
    is_closed = False

    def __init__(self) -> None:
        self.closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_consumer_cancel_callbacks: set[Any] = set()
        self.receivers: dict[str, Any] = {}
        self.acked: list[tuple[int, bool]] = []
        self._tag = 0

    async def basic_qos(self, **_: Any) -> None: ...

    async def basic_consume(self, queue: str, receive: Any, **_: Any) -> None:
        self.receivers[queue] = receive

    async def basic_ack(self, tag: int, *, multiple: bool, **_: Any) -> None:
        self.acked.append((tag, multiple))

    async def deliver(self, queue: str, size: int = 0) -> None:
        self._tag += 1
        given: Any = SimpleNamespace(
            body=b"x" * size,
            delivery=SimpleNamespace(
                delivery_tag=self._tag, exchange="", routing_key="", redelivered=False
            ),
            header=SimpleNamespace(properties=aiormq.spec.Basic.Properties()),
        )
        await self.receivers[queue](given)

    async def close(self) -> None:
        self.is_closed = True


class Site:
    """Two partitions and the isolated platforms that are named."""

    def __init__(self, *alone: str) -> None:
        self.channels: list[Channel] = []
        self.came: dict[Partition | None, list[int]] = {}
        settings = Settings.load({"memory_in_hand": "800KiB"}, {}, {})
        queues: dict[Partition, Queue] = {n: Queue(f"inbound.{n}", {}) for n in range(2)}
        queues |= {name: Queue(f"inbound@{name}", {}) for name in alone}
        make = partial(Supply, self.open, lambda _: None, self.take, pytest.fail)
        self.supplies = Supplies(settings, queues, make)

    async def open(self) -> aiormq.Channel:
        self.channels.append(Channel())
        return cast(aiormq.Channel, self.channels[-1])

    def take(self, delivery: Any) -> None:
        self.came.setdefault(delivery.partition, []).append(delivery.tag)


async def test_each_isolated_platform_has_a_channel_of_its_own():
    """All partitions share one channel, and what is isolated is not on it, nor on another's."""
    site = Site("webhook", "forum")
    await site.supplies.open()
    assert [sorted(each.receivers) for each in site.channels] == [
        ["inbound.0", "inbound.1"],
        ["inbound@webhook"],
        ["inbound@forum"],
    ]
    assert site.supplies.subscribed == 4


async def test_each_delivery_is_acked_on_the_channel_that_it_came_by():
    """Their tags are never the same, and each goes back to its own channel, there in one ack."""
    site = Site("webhook", "forum")
    await site.supplies.open()
    shared, webhook, forum = site.channels
    for _ in range(3):
        await shared.deliver("inbound.0")
        await webhook.deliver("inbound@webhook")
    await forum.deliver("inbound@forum")
    tags = [tag for each in site.came.values() for tag in each]
    assert len(set(tags)) == 7
    site.supplies.settle([*site.came[0], *site.came["forum"]])
    await asyncio.sleep(0)
    assert (shared.acked, webhook.acked, forum.acked) == ([(3, True)], [], [(1, False)])
    site.supplies.settle(site.came["webhook"][:2])
    await asyncio.sleep(0)
    assert webhook.acked == [(2, True)]


async def test_what_an_isolated_platform_holds_pauses_nobody_else():
    """One that has its part of the memory in hand gets no more, and everybody else does."""
    site = Site("webhook", "forum")
    await site.supplies.open()
    shared, webhook, forum = site.channels
    for _ in range(3):
        await webhook.deliver("inbound@webhook", 12 * KIB)  # four times that: 48 of its 100 KiB
    assert len(site.came["webhook"]) < 3
    assert site.supplies.held == {"webhook"}
    assert not site.supplies.paused
    await shared.deliver("inbound.0", 12 * KIB)
    await forum.deliver("inbound@forum", 12 * KIB)
    assert set(site.came) == {"webhook", "forum", 0}


async def test_where_nothing_is_isolated_the_partitions_have_all_the_memory():
    """What the settings let a worker have in hand is for the partitions; beyond it they pause."""
    site = Site()
    await site.supplies.open()
    (shared,) = site.channels
    for number in range(4):
        assert not site.supplies.paused
        await shared.deliver(f"inbound.{number % 2}", 60 * KIB)
    assert site.supplies.paused
    assert site.supplies.held == {0, 1}
    assert sum(map(len, site.came.values())) == 3


async def test_what_becomes_of_a_delivery_is_weighed_where_it_came_from():
    """A job that is larger than its message takes from its own platform's part."""
    site = Site("webhook")
    await site.supplies.open()
    shared, webhook = site.channels
    await shared.deliver("inbound.0")
    await webhook.deliver("inbound@webhook")
    job = Publication("", "turns.m", b"x" * 60 * KIB, Properties())
    site.supplies.weigh([(site.came["webhook"][0], job)])
    await webhook.deliver("inbound@webhook")
    await shared.deliver("inbound.0")
    assert (len(site.came["webhook"]), len(site.came[0])) == (1, 2)
