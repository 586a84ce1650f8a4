import asyncio
from collections.abc import Callable
from typing import Any, cast

import aiormq
import pytest

from worker.amqp.consumer import Consumer
from worker.amqp.hand import Hand
from worker.settings import Settings

DELIVERIES = 60
ROOM = 3


class Channel:
    """Takes acks as aiormq does: into a queue with little room, which a task of its own writes."""

    is_closed = False

    def __init__(self) -> None:
        self.room: asyncio.Queue[int] = asyncio.Queue(ROOM)
        self.written: list[int] = []

    async def basic_ack(self, tag: int, **_: Any) -> None:
        await self.room.put(tag)

    async def write(self) -> None:
        while len(self.written) < DELIVERIES:
            self.written.append(await self.room.get())
            await asyncio.sleep(0)

    async def close(self) -> None:
        self.is_closed = True


class BrokenChannel(Channel):
    """A channel that the broker has closed."""

    async def basic_ack(self, tag: int, **_: Any) -> None:
        raise RuntimeError(f"canary: {tag} on a closed channel")


def consumer_on(channel: Channel, lose: Callable[[str], None]) -> Consumer:
    settings = Settings.load({}, {}, {})
    hand = Hand(settings.memory_in_hand)
    return Consumer(cast(aiormq.Channel, channel), settings, lambda _: None, lose, hand)


@pytest.mark.parametrize("at_once", [1, 2, 5])
async def test_no_ack_overtakes_another(at_once):
    """Acks are written in the order they were decided on, however little room there is for them."""
    channel = Channel()
    lost: list[str] = []
    consumer = consumer_on(channel, lost.append)
    writing = asyncio.ensure_future(channel.write())
    for tag in range(1, DELIVERIES + 1):
        consumer.settle([tag])
        if tag % at_once == 0:
            await asyncio.sleep(0)
    await writing
    assert channel.written == list(range(1, DELIVERIES + 1))
    assert not lost


async def test_owed_acks_are_sent_before_the_channel_is_closed():
    """Closing sends every ack that is owed, also one that still waited for a gap to close."""
    channel = Channel()
    consumer = consumer_on(channel, pytest.fail)
    consumer.settle([3])
    assert consumer.owes_acks
    await consumer.close()
    assert channel.room.get_nowait() == 3
    assert channel.is_closed


async def test_a_channel_that_takes_no_ack_is_lost():
    """An ack that cannot be sent loses the link, with words that quote nothing."""
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    consumer = consumer_on(BrokenChannel(), lost.set_result)
    consumer.settle([1])
    assert await lost == "cannot ack: RuntimeError"
