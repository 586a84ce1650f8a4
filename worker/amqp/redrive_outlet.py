"""Publishing to `in.redrive`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiormq.exceptions import ChannelNotFoundEntity

from routing.origin import REDRIVE
from worker.amqp import wire_properties
from worker.amqp.any_host import connect_to_any
from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, open_channel, translated_errors
from worker.amqp.errors import TopologyMismatch
from worker.amqp.letter_publisher import LetterPublisher
from worker.settings import Settings


@asynccontextmanager
async def redrive_outlet(settings: Settings) -> AsyncIterator[LetterPublisher]:
    """Open what publishes there, on a connection of its own.

    One by which letters come is not read while they wait to be looked at, nor is what the broker
    answers on it. Raises BrokerUnavailable, AccessRefused or TopologyMismatch.
    """
    wire_properties.install()
    exchange, timeout = settings.prefix + REDRIVE, settings.publish_timeout
    connection = await connect_to_any(settings, "dead redrive, publishing")
    try:
        with translated_errors(f"cannot look at exchange {exchange}"):
            async with open_channel(connection, timeout) as channel:
                try:
                    await channel.exchange_declare(exchange, passive=True, timeout=timeout)
                except ChannelNotFoundEntity:
                    missing = (
                        f"exchange {exchange}: missing; `pointsman topology apply` declares it"
                    )
                    raise TopologyMismatch([missing]) from None
        yield await LetterPublisher.open(connection, exchange, timeout)
    finally:
        await closed_within(connection.close(), CLOSE_TIMEOUT)
