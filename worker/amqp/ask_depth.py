"""How much waits in a queue, as the queue itself says.

RabbitMQ gives a quorum queue a quarter of a second to say it. If that is busy, for example with a
hundred thousand messages that somebody gives back, the broker answers for it: no messages, and no
consumers (measured on 3.10). So that answer counts only if it came sooner.
"""

import asyncio

import aiormq.abc

from worker.amqp.errors import BrokerUnavailable
from worker.partitions import Depth

_GIVEN = 0.2  # seconds, a little less than the broker gives it
_BETWEEN = 0.1
_NOTHING = Depth(0, 0)


async def ask_depth(
    channel: aiormq.abc.AbstractChannel, queue: str, timeout: float, patience: float
) -> Depth:
    """Return what is in a queue, asked on a channel that consumes nothing.

    Raises as aiormq does, and BrokerUnavailable if the queue itself has said nothing for so many
    seconds of patience; `timeout` is in seconds, for each question.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        asked = loop.time()
        depth = await depth_on(channel, queue, timeout)
        took = loop.time() - asked
        if depth != _NOTHING or took < _GIVEN or took - await _way(channel, timeout) < _GIVEN:
            return depth
        if loop.time() > until:
            raise BrokerUnavailable(f"queue {queue} does not say what is in it: it is too busy")
        await asyncio.sleep(_BETWEEN)


async def depth_on(channel: aiormq.abc.AbstractChannel, queue: str, timeout: float) -> Depth:
    """Return what the broker says is in a queue, which is nothing if that is busy.

    Raises as aiormq does.
    """
    found = await channel.queue_declare(queue, passive=True, timeout=timeout)
    return Depth(found.message_count or 0, found.consumer_count or 0)


async def _way(channel: aiormq.abc.AbstractChannel, timeout: float) -> float:
    """Return how many seconds an answer takes that no queue is asked for."""
    loop = asyncio.get_running_loop()
    asked = loop.time()
    await channel.basic_qos(prefetch_count=0, timeout=timeout)
    return loop.time() - asked
