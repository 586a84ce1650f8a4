"""What time it is at the broker."""

import asyncio
import time
from typing import Any

import aiormq.abc
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelAccessRefused

from worker.amqp.connect import open_channel, translated_errors
from worker.doctor.broker_facts import ClockReading

# Whatever the virtual host's default is: no other kind is exclusive on every version.
_CLASSIC = {"x-queue-type": "classic"}


async def broker_clock(connection: AbstractConnection, timeout: float) -> ClockReading | None:
    """Return the broker's clock beside ours; None if this user may not have queues of its own.

    A message expires at once in a queue of our own, which is exclusive and goes with the
    connection, and the broker writes the time on it. Raises BrokerUnavailable.
    """
    with translated_errors("cannot ask for the broker's time"):
        try:
            async with open_channel(connection, timeout) as channel:
                return await asyncio.wait_for(_read(channel), timeout)
        except ChannelAccessRefused:
            return None


async def _read(channel: aiormq.abc.AbstractChannel) -> ClockReading | None:
    letter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def take(message: aiormq.abc.DeliveredMessage) -> None:
        if not letter.done():
            letter.set_result(message.header.properties.headers)

    dead = (await _queue(channel, _CLASSIC)).queue
    to_dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    living = (await _queue(channel, {**_CLASSIC, **to_dead, "x-message-ttl": 0})).queue
    await channel.basic_consume(dead, take, no_ack=True)
    before = time.time()
    await channel.basic_publish(b"", routing_key=str(living), mandatory=True)
    headers = await letter
    after = time.time()
    try:
        theirs = headers["x-death"][0]["time"].timestamp()
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    return ClockReading(theirs, before, after)


async def _queue(channel: aiormq.abc.AbstractChannel, arguments: dict[str, Any]) -> Any:
    return await channel.queue_declare("", exclusive=True, auto_delete=True, arguments=arguments)
