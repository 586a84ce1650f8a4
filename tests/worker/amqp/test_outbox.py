import asyncio
from contextlib import suppress
from typing import Any, cast

import aiormq
from aiormq.exceptions import DeliveryError
from pamqp.commands import Basic

from worker.amqp.errors import BrokerUnavailable
from worker.amqp.outbox import Outbox
from worker.amqp.publisher import Publisher
from worker.batch import Refusal
from worker.pipeline.delivery import Properties
from worker.pipeline.publication import Publication

NACKED = DeliveryError(None, Basic.Nack(1))
ENOUGH = 5.0  # seconds of refusals after which another channel is tried


class Channel:
    """A channel on which each publish ends as the test says."""

    def __init__(self) -> None:
        self.observers: list[asyncio.Future[Any]] = []
        self.is_closed = False
        self.ends: list[asyncio.Future[Any]] = []

    @property
    def closing(self) -> "asyncio.Future[Any]":
        """An observer for each who asks, as aiormq has it."""
        self.observers.append(asyncio.get_running_loop().create_future())
        return self.observers[-1]

    async def basic_publish(self, body, **_frame) -> Any:
        self.ends.append(asyncio.get_running_loop().create_future())
        return await self.ends[-1]

    async def close(self) -> None:
        self.is_closed = True
        for observer in self.observers:
            observer.set_result(None)


class Bench:
    """An outbox, its channels and a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.channels: list[Channel] = []
        self.confirmed: list[int] = []
        self.refused: list[Refusal] = []
        self.lost: list[object] = []
        self.refuses_channels = False
        self.outbox = Outbox(cast(Any, self._open_channel), self.lost.append, self._new_publisher)

    async def _open_channel(self) -> Channel:
        if self.refuses_channels:
            raise BrokerUnavailable("no channel")
        self.channels.append(Channel())
        return self.channels[-1]

    def _new_publisher(self, channel: aiormq.Channel) -> Publisher:
        publisher = Publisher(channel, 10, self.confirmed.append, self.refused.append)
        publisher._loop = cast(Any, self)
        return publisher

    def time(self) -> float:
        return self.now

    def create_task(self, work):
        return asyncio.get_running_loop().create_task(work)

    async def publish(self, token: int, queue: str = "turns.m") -> "asyncio.Future[Any]":
        """Publish; return what the broker's answer goes into."""
        self.outbox.publish([(token, Publication("turns", queue, b"", Properties()))])
        await settle()
        return next(end for channel in reversed(self.channels) for end in channel.ends[-1:])

    async def refuse(self, token: int, queue: str = "turns.m", *, after: float = 0.0) -> None:
        """Have a publish refused, `after` seconds later."""
        self.now += after
        (await self.publish(token, queue)).set_exception(NACKED)
        await settle()

    @property
    def closed(self) -> list[bool]:
        """Of each channel so far, whether it is closed."""
        return [channel.is_closed for channel in self.channels]

    async def renew(self) -> int:
        """Let it renew; return how many channels it has opened so far."""
        await self.outbox.renew()
        await settle()
        return len(self.channels)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def opened() -> Bench:
    bench = Bench()
    await bench.outbox.open()
    return bench


async def test_a_queue_that_goes_on_refusing_gets_another_channel():
    """After some seconds of refusals and nothing else, publishes take a new channel."""
    bench = await opened()
    await bench.refuse(1)
    await bench.refuse(1, after=ENOUGH - 0.1)
    assert await bench.renew() == 1
    await bench.refuse(1, after=0.1)
    assert await bench.renew() == 2
    (await bench.publish(1)).set_result(Basic.Ack(1))
    await settle()
    assert bench.confirmed == [1]
    assert len(bench.channels[1].ends) == 1


async def test_a_queue_that_takes_one_in_between_needs_no_other_channel():
    """A queue that is full now and then is refused by the queue itself, not by the channel."""
    bench = await opened()
    for _ in range(10):
        await bench.refuse(1, after=ENOUGH - 0.1)
        (await bench.publish(1)).set_result(Basic.Ack(1))
        await settle()
    assert await bench.renew() == 1


async def test_each_queue_is_judged_by_itself():
    """That another queue takes its turns does not excuse the one that refuses."""
    bench = await opened()
    await bench.refuse(1)
    (await bench.publish(2, "turns.other")).set_result(Basic.Ack(1))
    await settle()
    await bench.refuse(1, after=ENOUGH)
    assert await bench.renew() == 2


async def test_the_channel_before_ends_what_was_begun_on_it():
    """Publishes in flight on the old channel are still confirmed; then it is closed, and no loss."""
    bench = await opened()
    late = await bench.publish(7, "turns.other")
    await bench.refuse(1)
    await bench.refuse(1, after=ENOUGH)
    assert await bench.renew() == 2
    await bench.renew()
    assert bench.closed == [False, False]
    late.set_result(Basic.Ack(1))
    await settle()
    assert bench.confirmed == [7]
    await bench.renew()
    assert bench.closed == [True, False]
    assert not bench.lost


async def test_late_publishes_on_the_channel_before_expire_too():
    """What the old channel never confirms is in doubt after the timeout, like anything else."""
    bench = await opened()
    await bench.publish(7, "turns.other")
    await bench.refuse(1)
    await bench.refuse(1, after=ENOUGH)
    await bench.renew()
    bench.now += 10
    bench.outbox.expire(blocked=False)
    await settle()
    assert [refusal.token for refusal in bench.refused if refusal.in_doubt] == [7]
    await bench.renew()
    assert bench.closed == [True, False]


async def test_there_are_never_more_than_two_channels():
    """While a queue goes on refusing, one channel is left behind at a time."""
    bench = await opened()
    await bench.publish(7, "turns.other")
    for _ in range(5):
        await bench.refuse(1, after=ENOUGH)
        await bench.renew()
    assert len(bench.channels) == 2


async def test_without_another_channel_it_stays_with_the_one_there_is():
    """A broker that gives no more channels is asked again; publishing goes on meanwhile."""
    bench = await opened()
    await bench.refuse(1)
    await bench.refuse(1, after=ENOUGH)
    bench.refuses_channels = True
    assert await bench.renew() == 1
    (await bench.publish(2, "turns.other")).set_result(Basic.Ack(1))
    await settle()
    assert bench.confirmed == [2]
    bench.refuses_channels = False
    assert await bench.renew() == 2


async def test_the_loss_of_the_channel_in_use_is_heard():
    """A new channel that closes is a loss as the first one would have been."""
    bench = await opened()
    await bench.refuse(1)
    await bench.refuse(1, after=ENOUGH)
    await bench.renew()
    await bench.channels[1].close()
    await settle()
    assert len(bench.lost) == 1


async def test_it_ends_even_if_it_is_cancelled_while_a_channel_closes(monkeypatch):
    """A cancellation that is forgotten while channels change is heard before the next look."""
    bench = await opened()
    begun = asyncio.Event()

    async def forgets() -> None:
        if begun.is_set():
            await asyncio.Event().wait()
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(bench.outbox, "renew", forgets)
    renewing = asyncio.create_task(bench.outbox.keep_renewing(lambda: False))
    await begun.wait()
    renewing.cancel()
    await asyncio.wait({renewing}, timeout=5)
    assert renewing.cancelled()
