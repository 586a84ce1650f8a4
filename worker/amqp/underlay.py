"""What aio-pika's connections do not tell, asked of the aiormq connection under them."""

from typing import Any

from aio_pika.abc import AbstractConnection

from worker.amqp.errors import BrokerUnavailable


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
