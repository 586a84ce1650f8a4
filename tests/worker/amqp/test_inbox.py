import asyncio

import pytest

from tests.worker.pipeline.deliveries import delivery
from worker.amqp.errors import BrokerUnavailable
from worker.amqp.inbox import Inbox
from worker.batch import Refusal


async def test_everything_since_the_last_call_is_one_batch():
    """Deliveries, confirms and refusals come up together, each in its order, and once."""
    inbox = Inbox()
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
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    event(inbox)
    await asyncio.wait_for(waiting, 30)


async def test_once_lost_it_gives_what_came_before_and_then_raises():
    """What came before the loss is still received, and after it the first reason is raised."""
    inbox = Inbox()
    inbox.confirm(1)
    inbox.lose("first")
    inbox.lose("second")
    assert (await inbox.receive(None)).confirmed == [1]
    with pytest.raises(BrokerUnavailable, match="first"):
        await inbox.receive(None)
    assert inbox.lost == "first"


async def test_a_loss_ends_a_wait():
    """Whoever waits when the broker goes hears of it at once."""
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    inbox.lose("gone")
    with pytest.raises(BrokerUnavailable, match="gone"):
        await asyncio.wait_for(waiting, 30)


async def test_a_draining_worker_takes_no_more_deliveries():
    """Deliveries not yet received are forgotten when it is told to stop, and confirms are not."""
    inbox = Inbox()
    inbox.deliver(delivery(b"1"))
    inbox.stop_deliveries()
    inbox.deliver(delivery(b"2"))
    inbox.confirm(1)
    batch = await inbox.receive(0)
    assert batch.deliveries == []
    assert batch.confirmed == [1]


async def test_a_cancelled_wait_leaves_the_inbox_usable():
    """After a wait was cancelled, the next one works as if nothing had been."""
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.receive(None))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    inbox.confirm(1)
    assert (await inbox.receive(None)).confirmed == [1]
