"""What aio-pika's connections do not tell, asked of the aiormq connection under them."""

from typing import Any, cast

import aiormq
from aio_pika.abc import AbstractConnection

from worker.amqp.errors import BrokerUnavailable

ROOM = 4096
"""How many frames may wait between a connection and what reads or writes it, either way.

aiormq has room for ten. Three frames are a delivery, so that batches would be of three, each with
its own turn of the event loop, and the broker would get publishes and acks in as small lots: half
as much again of our processor time per message, and twice the broker's. What waits is bounded by
`prefetch` all the same.
"""


def make_room() -> None:
    """Have connections opened from now on write with that room. Idempotent."""
    aiormq.Connection.FRAME_BUFFER_SIZE = ROOM


async def open_roomy_channel(connection: AbstractConnection, timeout: float) -> aiormq.Channel:
    """Open a channel for deliveries or publications, which reads with that room."""
    channel = await underlay(connection).channel(
        frame_buffer_size=ROOM, on_return_raises=True, timeout=timeout
    )
    return cast(aiormq.Channel, channel)


def underlay(connection: AbstractConnection) -> Any:
    """Return the aiormq connection. Raises BrokerUnavailable if there is none any more."""
    transport = connection.transport
    if transport is None:
        msg = "the connection was lost"
        raise BrokerUnavailable(msg)
    return transport.connection


def is_blocked(connection: AbstractConnection) -> bool:
    """Tell whether the broker has stopped reading from a connection that publishes."""
    transport = connection.transport
    if transport is None:
        return False
    # aiormq has no public way to ask; a contract test holds this to its private event.
    event = getattr(transport.connection, "_Connection__connection_unblocked", None)
    return event is not None and not event.is_set()
