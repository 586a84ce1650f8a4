"""A connection to whichever host answers first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractConnection

from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, connect_by
from worker.amqp.errors import BrokerUnavailable
from worker.settings import Settings


@asynccontextmanager
async def any_host(settings: Settings, purpose: str) -> AsyncIterator[AbstractConnection]:
    """Connect for a few calls to the first host that answers, and close the connection at the end.

    Raises BrokerUnavailable or AccessRefused.
    """
    connection = await connect_to_any(settings, purpose)
    try:
        yield connection
    finally:
        await closed_within(connection.close(), CLOSE_TIMEOUT)


async def connect_to_any(settings: Settings, purpose: str) -> AbstractConnection:
    """Return a connection to the first of the hosts that answers. Raises as `any_host`."""
    last: BrokerUnavailable | None = None
    for url in settings.amqp_url:
        try:
            return await connect_by(settings, url, purpose)
        except BrokerUnavailable as error:
            last = error
    raise last or BrokerUnavailable("no broker URL is set")
