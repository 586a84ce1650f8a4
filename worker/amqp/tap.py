"""A queue of our own beside those that the workers consume: sees what they get, and takes nothing.

It is exclusive, so the broker deletes it with its connection, and bounded, so that it costs the
broker next to nothing if nobody takes from it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import aiormq
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
)

from worker.amqp import tolerant_frames
from worker.amqp.any_name import accept_any_name
from worker.amqp.connect import (
    CLOSE_TIMEOUT,
    closed_within,
    connect_by,
    open_channel,
    translated_errors,
)
from worker.amqp.errors import BrokerUnavailable, TopologyMismatch
from worker.amqp.inbox import Inbox
from worker.amqp.incoming import to_delivery
from worker.amqp.underlay import open_roomy_channel, underlay
from worker.pipeline.delivery import Delivery
from worker.settings import Settings

MAX_LENGTH = 10_000
ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "classic",  # whatever the virtual host's default is: no other is exclusive
    "x-max-length": MAX_LENGTH,
    "x-max-length-bytes": 64 * 1024 * 1024,
    "x-overflow": "drop-head",  # the others would refuse what feeders publish
}
# To these every message comes, whatever its routing key, by way of a binding with `#`.
_KINDS = frozenset({"topic", "fanout", "headers"})
_OTHER_KIND = re.compile(r"inequivalent arg 'type' .*current is '?(?P<kind>[\w-]+)")


class Tap:
    """An open tap. It is lost as soon as its connection, channel or queue is.

    Then `receive` raises BrokerUnavailable, once everything before has been received.
    """

    blocked = False
    """It publishes nothing that the broker could block."""
    paused = False
    """It holds nothing: what it took is settled at once."""
    consumed = 0
    """None of the queues that workers consume."""

    def __init__(
        self, settings: Settings, queue: str, kind: str, arguments: Mapping[str, Any]
    ) -> None:
        self._settings = settings
        self._kind = kind
        self._arguments = dict(arguments)
        self._inbox = Inbox(settings.isolated_rate)
        self._connection: AbstractConnection | None = None
        self._channel: aiormq.Channel | None = None
        self._received = 0
        self.queue = queue
        self.broker_version = "unknown"
        self.declared: tuple[str, ...] = ()
        """The exchanges that were missing, and are there now."""

    @classmethod
    async def open(
        cls,
        url: str,
        settings: Settings,
        exchanges: Sequence[str],
        queue: str,
        purpose: str,
        kind: str = "topic",
        arguments: Mapping[str, Any] = ARGUMENTS,
        *,
        declares: bool = True,
    ) -> Self:
        """Connect, bind a queue with this name and arguments to the exchanges and consume it.

        Exchanges that are missing are declared, of this kind, if it `declares`; those that are
        there are left as they are. Raises BrokerUnavailable, AccessRefused or TopologyMismatch;
        nothing stays open then.
        """
        accept_any_name()
        tolerant_frames.install()
        tap = cls(settings, queue, kind, arguments)
        try:
            await tap._open(url, exchanges, purpose, declares=declares)
        except BaseException:
            await tap.close()
            raise
        return tap

    async def _open(
        self, url: str, exchanges: Sequence[str], purpose: str, *, declares: bool
    ) -> None:
        settings, timeout = self._settings, self._settings.publish_timeout
        self._connection = connection = await connect_by(settings, url, purpose)
        connection.close_callbacks.add(self._on_close)
        self.broker_version = str(underlay(connection).server_properties.get("version", "unknown"))
        missing = [each for each in exchanges if not await self._exists(connection, each)]
        if missing and not declares:
            raise TopologyMismatch([f"exchange {each}: missing" for each in missing])
        self.declared = tuple(missing)
        with translated_errors("cannot open a channel"):
            self._channel = channel = await open_roomy_channel(connection, timeout)
        channel.closing.add_done_callback(lambda _: self._inbox.lose("the channel was closed"))
        channel.on_consumer_cancel_callbacks.add(self._on_cancel)
        for exchange in missing:
            with translated_errors(f"cannot declare {exchange}"):
                await channel.exchange_declare(
                    exchange, exchange_type=self._kind, durable=True, timeout=timeout
                )
        with translated_errors(f"cannot declare {self.queue}"):
            await channel.queue_declare(
                self.queue,
                exclusive=True,
                auto_delete=True,
                arguments=self._arguments,
                timeout=timeout,
            )
        for exchange in exchanges:
            with translated_errors(f"cannot bind {self.queue} to {exchange}"):
                await channel.queue_bind(self.queue, exchange, routing_key="#", timeout=timeout)
        with translated_errors(f"cannot consume {self.queue}"):
            await channel.basic_qos(prefetch_count=settings.prefetch, timeout=timeout)
            await channel.basic_consume(self.queue, self._on_message, timeout=timeout)

    async def close(self) -> None:
        """Close everything; the broker deletes the queue. Never raises."""
        self._inbox.stop_deliveries()
        self._inbox.lose("closed")
        if self._connection is not None:
            self._connection.close_callbacks.discard(self._on_close)
            await closed_within(self._connection.close(), CLOSE_TIMEOUT)

    @property
    def lost(self) -> str | None:
        """Why the tap is lost, or None while it is not."""
        return self._inbox.lost

    @property
    def channels_open(self) -> bool:
        """Whether its channel is open."""
        return self._channel is not None and not self._channel.is_closed

    async def receive(self, timeout: float) -> list[Delivery]:
        """Return what came since the last call; wait for it up to `timeout` seconds.

        May be empty. Raises BrokerUnavailable when the tap is lost.
        """
        deliveries = (await self._inbox.receive(timeout)).deliveries
        if deliveries:
            self._received = deliveries[-1].tag
        return deliveries

    async def settle(self) -> None:
        """Ack what was received: it has been looked at. Raises BrokerUnavailable."""
        if self._channel is not None and self._received:
            with translated_errors("cannot ack"):
                await self._channel.basic_ack(self._received, multiple=True, wait=False)

    async def waiting(self) -> int:
        """Return how many messages wait to be delivered.

        Raises BrokerUnavailable if the broker does not answer in time.
        """
        if self._channel is None:
            raise BrokerUnavailable("not open")
        timeout = self._settings.publish_timeout
        with translated_errors("the broker does not answer"):
            found = await self._channel.queue_declare(self.queue, passive=True, timeout=timeout)
        return (found and found.message_count) or 0

    async def _on_message(self, message: aiormq.abc.DeliveredMessage) -> None:
        self._inbox.deliver(to_delivery(message, None))

    def _on_cancel(self, _frame: object) -> None:
        self._inbox.lose("the broker cancelled the consumer: its queue was deleted")

    def _on_close(self, _sender: object, error: BaseException | None = None) -> None:
        text = " ".join(str(part) for part in error.args) if error is not None else ""
        self._inbox.lose(f"the connection was lost{f': {text[:200]}' if text else ''}")

    async def _exists(self, connection: AbstractConnection, exchange: str) -> bool:
        """Tell whether an exchange is there.

        Raises TopologyMismatch if it is one of a kind that gives a queue of ours nothing.
        """
        timeout = self._settings.publish_timeout
        with translated_errors(f"cannot look at exchange {exchange}"):
            async with open_channel(connection, timeout) as channel:
                try:
                    await channel.exchange_declare(exchange, passive=True, timeout=timeout)
                except ChannelNotFoundEntity:
                    return False
            async with open_channel(connection, timeout) as channel:
                try:
                    # AMQP tells the kind of an exchange only to those who declare it otherwise.
                    await channel.exchange_declare(
                        exchange, exchange_type=self._kind, durable=True, timeout=timeout
                    )
                except ChannelPreconditionFailed as error:
                    found = _OTHER_KIND.search(str(error))
                    if found is not None and found["kind"] not in _KINDS:
                        kind = f"type is {found['kind']} on the broker, {self._kind} is needed"
                        raise TopologyMismatch([f"exchange {exchange}: {kind}"]) from None
                except ChannelAccessRefused:
                    return True  # a user who may only read needs no more than that
            return True
