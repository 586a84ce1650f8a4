"""How many letters there are."""

from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity

from worker.amqp.connect import open_channel, translated_errors
from worker.amqp.errors import TopologyMismatch


async def count_letters(
    connection: AbstractConnection, queue: str, timeout: float
) -> tuple[int, int]:
    """Return how many letters wait in a queue, and how many consumers it has.

    Raises TopologyMismatch if it is missing.
    """
    with translated_errors(f"cannot look at queue {queue}"):
        async with open_channel(connection, timeout) as channel:
            try:
                found = await channel.queue_declare(queue, passive=True, timeout=timeout)
            except ChannelNotFoundEntity:
                missing = f"queue {queue}: missing; `pointsman topology apply` declares it"
                raise TopologyMismatch([missing]) from None
    return found.message_count or 0, found.consumer_count or 0
