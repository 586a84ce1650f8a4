"""What the demo itself does on the broker: it empties `dead`, and at the end deletes everything."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, connect, translated_errors
from worker.amqp.errors import BrokerError
from worker.demo.read_dead_letter import DeadMessage, read_dead_letter
from worker.topology import Topology

_HEARTBEAT = 10
_TIMEOUT = 10.0
_RECONNECT_AFTER = 1.0
_PREFETCH = 500


async def first_that_takes_us(urls: str) -> str:
    """Return the first of a comma list of URLs that lets us in.

    Raises BrokerError, in one line and without passwords, if none does.
    """
    error: BrokerError | None = None
    for url in (part.strip() for part in urls.split(",")):
        try:
            connection = await _connect(url)
        except BrokerError as refused:
            error = error or refused
            continue
        await closed_within(connection.close(), CLOSE_TIMEOUT)
        return url
    raise error or BrokerError("no broker is named")


async def take_dead_letters(
    url: str, queue: str, prefix: str, on_dead: Callable[[DeadMessage], None]
) -> None:
    """Take dead letters out of the `dead` queue until cancelled, through any number of connections.

    A letter that comes twice, because the connection was lost before it was settled, is told twice.
    """
    while True:
        with suppress(BrokerError):
            await _take_until_lost(url, queue, prefix, on_dead)
        await asyncio.sleep(_RECONNECT_AFTER)


async def _take_until_lost(
    url: str, queue: str, prefix: str, on_dead: Callable[[DeadMessage], None]
) -> None:
    lost = asyncio.Event()

    async def take(message: AbstractIncomingMessage) -> None:
        on_dead(read_dead_letter(message.headers, message.correlation_id, message.body, prefix))
        with suppress(BrokerError), translated_errors("cannot settle a dead letter"):
            await message.ack()

    connection = await _connect(url)
    connection.close_callbacks.add(lambda *_: lost.set())
    try:
        with translated_errors("cannot take dead letters"):
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=_PREFETCH)
            dead = await channel.get_queue(queue)
            await dead.consume(take)
        await lost.wait()
    finally:
        await closed_within(connection.close(), CLOSE_TIMEOUT)


async def delete_topology(url: str, topology: Topology) -> None:
    """Delete every queue and exchange of a topology; those that are not there do not matter.

    Raises BrokerError if the broker does not let us.
    """
    connection = await _connect(url)
    try:
        with translated_errors("cannot delete what the demo declared"):
            channel = await connection.channel()
            for queue in topology.queues:
                await channel.queue_delete(
                    queue.name, if_unused=False, if_empty=False, timeout=_TIMEOUT
                )
            for exchange in topology.exchanges:
                await channel.exchange_delete(exchange.name, timeout=_TIMEOUT)
    finally:
        await closed_within(connection.close(), CLOSE_TIMEOUT)


async def _connect(url: str) -> AbstractConnection:
    return await connect(url, name="pointsman demo", heartbeat=_HEARTBEAT, timeout=_TIMEOUT)
