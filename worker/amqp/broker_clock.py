"""What time it is at the broker."""

import asyncio
import time
from contextlib import suppress
from secrets import token_hex
from typing import Any

import aiormq.abc
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelAccessRefused

from worker.amqp.connect import open_channel, translated_errors
from worker.doctor.broker_facts import ClockReading

# Whatever the virtual host's default is: no other kind is exclusive on every version.
_CLASSIC = {"x-queue-type": "classic"}


async def broker_clock(
    connection: AbstractConnection, listening: str, timeout: float
) -> ClockReading | None:
    """Return the broker's clock beside ours; None if this user may not have queues of its own.

    A message expires at once in a queue of our own, which is exclusive and goes with the
    connection, and the broker writes the time on it. `listening` is what the names of such queues
    begin with, for planned users may have them: those who listen to the workers' figures. Raises
    BrokerUnavailable.
    """
    name = f"{listening}.clock-{token_hex(8)}"
    with translated_errors("cannot ask for the broker's time"):
        try:
            async with open_channel(connection, timeout) as channel:
                return await asyncio.wait_for(_read(channel, name), timeout)
        except ChannelAccessRefused:
            with suppress(ChannelAccessRefused):
                async with open_channel(connection, timeout) as channel:
                    await channel.exchange_delete(name, timeout=timeout)
            return None


async def _read(channel: aiormq.abc.AbstractChannel, name: str) -> ClockReading | None:
    letter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def take(message: aiormq.abc.DeliveredMessage) -> None:
        if not letter.done():
            letter.set_result(message.header.properties.headers)

    living, dead = f"{name}.living", f"{name}.dead"
    await _declare(channel, dead)
    to_dead = {"x-dead-letter-exchange": name, "x-dead-letter-routing-key": dead}
    await _declare(channel, living, **to_dead, **{"x-message-ttl": 0})
    # Who may write to the default exchange may write to any queue, so that few may. This one goes
    # with its bindings, as they go with their queues.
    await channel.exchange_declare(name, exchange_type="direct", auto_delete=True)
    for queue in (dead, living):
        await channel.queue_bind(queue, name, queue)
    await channel.basic_consume(dead, take, no_ack=True)
    before = time.time()
    await channel.basic_publish(b"", exchange=name, routing_key=living, mandatory=True)
    headers = await letter
    after = time.time()
    try:
        theirs = headers["x-death"][0]["time"].timestamp()
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    return ClockReading(theirs, before, after)


async def _declare(channel: aiormq.abc.AbstractChannel, queue: str, **arguments: str | int) -> None:
    told: dict[str, Any] = {**_CLASSIC, **arguments}
    await channel.queue_declare(queue, exclusive=True, auto_delete=True, arguments=told)
