"""Where a worker's figures go out: a connection of their own, so that they are in nobody's way."""

from typing import Self

import aiormq
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelPreconditionFailed
from pamqp.commands import Basic

from worker.amqp import tolerant_frames
from worker.amqp.any_name import accept_any_name
from worker.amqp.connect import closed_within, connect_by, translated_errors
from worker.amqp.errors import TopologyMismatch
from worker.amqp.underlay import is_blocked, underlay
from worker.settings import Settings
from worker.topology import FIGURES_KIND, figures_exchange

_TRANSIENT = 1
_CLOSE_TIMEOUT = 1.0


class FiguresOutlet:
    """An open outlet. What cannot be sent now is dropped: the next figures hold it as well.

    Not on the connections of the jobs: a refused publish ends the whole connection while others
    are under way, and one that publishes is blocked with all its acks during an alarm.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._exchange = figures_exchange(settings.prefix)
        self._connection: AbstractConnection | None = None
        self._channel: aiormq.Channel | None = None

    @classmethod
    async def open(cls, url: str, settings: Settings) -> Self:
        """Connect, and have the exchange.

        Raises BrokerUnavailable, AccessRefused or TopologyMismatch; nothing stays open then.
        """
        accept_any_name()
        tolerant_frames.install()
        outlet = cls(settings)
        try:
            await outlet._open(url)
        except BaseException:
            await outlet.close()
            raise
        return outlet

    async def _open(self, url: str) -> None:
        settings, timeout = self._settings, self._settings.publish_timeout
        self._connection = await connect_by(settings, url, "figures")
        with translated_errors("cannot open a channel"):
            self._channel = await underlay(self._connection).channel(
                publisher_confirms=False, timeout=timeout
            )
        with translated_errors(f"cannot declare {self._exchange}"):
            try:
                await self._channel.exchange_declare(
                    self._exchange, exchange_type=FIGURES_KIND, durable=True, timeout=timeout
                )
            except ChannelPreconditionFailed as error:
                line = f"exchange {self._exchange}: {str(error)[:300]}"
                raise TopologyMismatch([line]) from None

    @property
    def lost(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._channel is None or self._channel.closing.done()

    async def send(self, body: bytes) -> None:
        """Send a body to whoever listens, unless the broker takes nothing at the moment.

        Returns when it is written, which may take as long as the broker reads nothing: so there is
        never a second one behind it. Raises BrokerUnavailable if that was the end of the outlet.
        """
        if self._channel is None or self._connection is None or is_blocked(self._connection):
            return
        properties = Basic.Properties(
            content_type="application/json", message_type="report.v1", delivery_mode=_TRANSIENT
        )
        with translated_errors("cannot send figures"):
            await self._channel.basic_publish(body, exchange=self._exchange, properties=properties)

    async def close(self) -> None:
        """Close the connection. Never raises."""
        if self._connection is not None:
            await closed_within(self._connection.close(), _CLOSE_TIMEOUT)
