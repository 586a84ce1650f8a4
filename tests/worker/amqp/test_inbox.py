import asyncio
import time
from dataclasses import replace

import pytest

from tests.worker.pipeline.deliveries import delivery
from worker.amqp.errors import BrokerUnavailable
from worker.amqp.inbox import Inbox
from worker.batch import Refusal
from worker.pipeline.delivery import Delivery

RATE = 2.0**30
"""Bytes a second of an isolated platform; so many that nobody notices."""


async def test_everything_since_the_last_call_is_one_batch():
    """Deliveries, confirms and refusals come up together, each in its order, and once."""
    inbox = Inbox(RATE)
    one, two, refusal = delivery(b"1"), delivery(b"2"), Refusal(7, "q", "full")
    inbox.deliver(one)
    inbox.confirm(5)
    inbox.deliver(two)
    inbox.refuse(refusal)
    inbox.confirm(4)
    batch = await inbox.receive(None)
    assert batch.deliveries == [one, two]
    assert batch.confirmed == [5, 4]
    assert batch.refused == [refusal]
    assert not await inbox.receive(0)


@pytest.mark.parametrize(
    "event",
    [
        lambda inbox: inbox.deliver(delivery(b"")),
        lambda inbox: inbox.confirm(1),
        lambda inbox: inbox.refuse(Refusal(1, "q", "full")),
        lambda inbox: inbox.wake(),
    ],
    ids=["deliver", "confirm", "refuse", "wake"],
)
async def test_whoever_waits_is_woken(event):
    """Whatever happens ends a wait without a timeout."""
    inbox = Inbox(RATE)
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    event(inbox)
    await asyncio.wait_for(waiting, 30)


async def test_once_lost_it_gives_what_came_before_and_then_raises():
    """What came before the loss is still received, and after it the first reason is raised."""
    inbox = Inbox(RATE)
    inbox.confirm(1)
    inbox.lose("first")
    inbox.lose("second")
    assert (await inbox.receive(None)).confirmed == [1]
    with pytest.raises(BrokerUnavailable, match="first"):
        await inbox.receive(None)
    assert inbox.lost == "first"


async def test_a_loss_ends_a_wait():
    """Whoever waits when the broker goes hears of it at once."""
    inbox = Inbox(RATE)
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    inbox.lose("gone")
    with pytest.raises(BrokerUnavailable, match="gone"):
        await asyncio.wait_for(waiting, 30)


async def test_a_draining_worker_takes_no_more_deliveries():
    """Deliveries not yet received are forgotten when it is told to stop, and confirms are not."""
    inbox = Inbox(RATE)
    inbox.deliver(delivery(b"1"))
    inbox.stop_deliveries()
    inbox.deliver(delivery(b"2"))
    inbox.confirm(1)
    batch = await inbox.receive(0)
    assert batch.deliveries == []
    assert batch.confirmed == [1]


async def test_a_cancelled_wait_leaves_the_inbox_usable():
    """After a wait was cancelled, the next one works as if nothing had been."""
    inbox = Inbox(RATE)
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    inbox.confirm(1)
    assert (await inbox.receive(None)).confirmed == [1]


def isolated(number: int, size: int = 0) -> Delivery:
    return replace(delivery(b"x" * size), tag=number, partition="webhook")


async def test_isolated_platforms_come_a_few_at_a_time_behind_all_others():
    """A batch has what came from everybody else, and then a share of theirs."""
    inbox = Inbox(RATE)
    for number, size in enumerate((10_000, 10_000, 10_000)):
        inbox.deliver(isolated(number, size))
    other = delivery(b"")
    inbox.deliver(other)
    first, second = await inbox.receive(None), await inbox.receive(1)
    assert first.deliveries[0] == other
    assert [each.tag for each in first.deliveries[1:]] == [0, 1]
    assert [each.tag for each in second.deliveries] == [2]


async def test_others_come_up_while_isolated_platforms_rest():
    """After a few of them took their time, three times as long belongs to whatever else comes."""
    inbox = Inbox(RATE)
    for number in range(2):
        inbox.deliver(isolated(number, 100_000))
    assert [each.tag for each in (await inbox.receive(None)).deliveries] == [0]
    time.sleep(0.2)  # noqa: ASYNC251 - the worker is busy with it
    began = time.monotonic()
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    inbox.confirm(7)
    inbox.deliver(isolated(2))
    assert (await waiting).deliveries == []
    assert [each.tag for each in (await inbox.receive(None)).deliveries] == [1]
    assert time.monotonic() - began >= 0.59


async def test_a_delivery_of_an_isolated_platform_wakes():
    """Where nothing else comes it does not wait for anything."""
    inbox = Inbox(RATE)
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    inbox.deliver(isolated(1))
    assert [each.tag for each in (await asyncio.wait_for(waiting, 30)).deliveries] == [1]


async def test_what_isolated_platforms_sent_is_given_or_forgotten_as_all_else():
    """Lost, it still gives what came; told to stop, it forgets it."""
    inbox = Inbox(RATE)
    for number in range(3):
        inbox.deliver(isolated(number, 100_000))
    inbox.lose("gone")
    tags = [(await inbox.receive(None)).deliveries[0].tag for _ in range(3)]
    assert tags == [0, 1, 2]
    with pytest.raises(BrokerUnavailable):
        await inbox.receive(None)
    stopped = Inbox(RATE)
    stopped.deliver(isolated(1))
    stopped.stop_deliveries()
    stopped.deliver(isolated(2))
    assert not await stopped.receive(0)
