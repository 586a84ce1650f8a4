"""How many letters there are."""

from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity

from worker.amqp.ask_depth import ask_depth
from worker.amqp.connect import open_channel, translated_errors
from worker.amqp.errors import TopologyMismatch

_PATIENCE = 120
"""Seconds for the queue to say it; what somebody held comes back to it meanwhile."""


async def count_letters(
    connection: AbstractConnection, queue: str, timeout: float
) -> tuple[int, int]:
    """Return how many letters wait in a queue, and how many consumers it has.

    Raises TopologyMismatch if it is missing, and BrokerUnavailable.
    """
    with translated_errors(f"cannot look at queue {queue}"):
        async with open_channel(connection, timeout) as channel:
            try:
                found = await ask_depth(channel, queue, timeout, _PATIENCE)
            except ChannelNotFoundEntity:
                missing = f"queue {queue}: missing; `pointsman topology apply` declares it"
                raise TopologyMismatch([missing]) from None
    return found.messages, found.consumers
