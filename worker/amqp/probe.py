"""Questions to a broker that change nothing there, whatever the answer is.

Each was tried on RabbitMQ 3.10, 4.0 and 4.3. The broker answers a question that it refuses by
closing the channel; permissions are what it looks at first, so the way in which it refuses tells
of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any

import aiormq.abc
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelLockedResource,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    ConnectionCommandInvalid,
)

from worker.amqp.ask_depth import ask_depth
from worker.amqp.channel_call import ChannelCall, declare_exchange, declare_queue, unbind
from worker.amqp.connect import translated_errors
from worker.amqp.mismatch import UNKNOWN_TYPE, mismatch_line
from worker.amqp.underlay import is_blocked, underlay
from worker.partitions import Depth
from worker.topology import Binding, Exchange, Queue

_REFUSALS = (
    ChannelAccessRefused,
    ChannelLockedResource,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    ConnectionCommandInvalid,
)
# They are always there, and nobody can declare them otherwise.
_OURS_NEVER = Exchange("amq.direct", "x-consistent-hash")
_OTHER_SOURCE = "amq.fanout"
_NOBODYS = f"pointsman doctor {token_hex(8)}"
_NO_NUMBER: dict[str, Any] = {"x-priority": "none"}


class NotAllowed(Exception):
    """This user may not ask that."""


class Probe:
    """Asks on one connection, one thing after the other. `timeout` is in seconds, per question.

    Every method raises NotAllowed where this user may not ask, and BrokerUnavailable where no
    answer comes.
    """

    def __init__(self, connection: AbstractConnection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._channel: aiormq.abc.AbstractChannel | None = None

    async def depth(self, queue: str) -> Depth | None:
        """Return what is in a queue; None if there is no such queue."""
        answer = await self._ask(lambda c: ask_depth(c, queue, self._timeout, self._timeout / 2))
        if isinstance(answer, ChannelNotFoundEntity):
            return None
        self._allowed(answer)
        return answer if isinstance(answer, Depth) else None

    async def has_exchange(self, exchange: str) -> bool:
        """Tell whether an exchange is there."""
        answer = await self._ask(
            lambda c: c.exchange_declare(exchange, passive=True, timeout=self._timeout)
        )
        if isinstance(answer, ChannelNotFoundEntity):
            return False
        self._allowed(answer)
        return True

    async def mismatch(self, thing: Exchange | Queue) -> str | None:
        """Return what is otherwise about something that is there, in a line; None if nothing is.

        It is declared as it ought to be, which changes nothing; only what is there may be asked
        for, or it would be made.
        """
        if isinstance(thing, Queue):
            answer = await self._ask(declare_queue(thing, self._timeout))
        else:
            answer = await self._ask(declare_exchange(thing, self._timeout))
        self._allowed(answer)
        return mismatch_line(thing.name, str(answer)) if isinstance(answer, Exception) else None

    async def has_hash_exchange(self) -> bool:
        """Tell whether the broker knows consistent-hash exchanges. It may end the connection.

        An exchange that is always there is declared as one. Whether the type is known is looked at
        first, then permissions, then the mismatch.
        """
        answer = await self._ask(declare_exchange(_OURS_NEVER, self._timeout))
        return UNKNOWN_TYPE not in str(answer)

    async def may_write(self, name: str, *, exchange: bool) -> bool:
        """Tell whether this user may write to an exchange or queue, there or not.

        A binding that nobody has made is taken away. That needs *write* on where it leads.
        """
        answer = await self._ask(
            unbind(Binding(_OTHER_SOURCE, name, _NOBODYS, to_exchange=exchange), self._timeout)
        )
        return not (isinstance(answer, ChannelAccessRefused) and _names(answer, name))

    async def may_bind(self, source: str, queue: str) -> bool:
        """Tell whether this user may read from an exchange, to bind to it a queue it may write to.

        As `may_write`; it needs *read* on where the binding is from.
        """
        answer = await self._ask(unbind(Binding(source, queue, _NOBODYS), self._timeout))
        return not (isinstance(answer, ChannelAccessRefused) and _names(answer, source))

    async def may_consume(self, queue: str) -> bool:
        """Tell whether this user may read from a queue that is there.

        It is consumed with a priority that is no number. The broker refuses that before the queue
        hears of it, so that no message is given out, and no consumer is made.
        """

        async def drop(_: object) -> None:
            """Nothing ever comes."""

        answer = await self._ask(
            lambda c: c.basic_consume(queue, drop, arguments=_NO_NUMBER, timeout=self._timeout)
        )
        if not isinstance(answer, Exception):  # against all experience: let go of it at once
            await self._close()
        return not isinstance(answer, ChannelAccessRefused)

    async def is_blocked(self) -> bool:
        """Tell whether the broker takes no publishes. If so nothing else can be asked behind it.

        It only says so to somebody who publishes, and it does before it looks at where to: here, an
        exchange that is not there.
        """
        await self._ask(
            lambda c: c.basic_publish(
                b"", exchange=_NOBODYS, routing_key="", mandatory=True, timeout=self._timeout
            )
        )
        return is_blocked(self._connection)

    async def _ask(self, call: ChannelCall) -> object:
        """Return the broker's answer, or the error with which it refuses."""
        with translated_errors("the broker does not answer"):
            channel, self._channel = self._channel, None
            if channel is None or channel.is_closed:
                channel = await self._open()
            try:
                answer = await asyncio.wait_for(_awaited(call, channel), self._timeout)
            except _REFUSALS as error:
                return error
            self._channel = channel
            return answer

    async def _open(self) -> aiormq.abc.AbstractChannel:
        opening = underlay(self._connection).channel(on_return_raises=True)
        channel: aiormq.abc.AbstractChannel = await asyncio.wait_for(opening, self._timeout)
        return channel

    async def _close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            with translated_errors("cannot close a channel"):
                await asyncio.wait_for(channel.close(), self._timeout)

    @staticmethod
    def _allowed(answer: object) -> None:
        if isinstance(answer, ChannelAccessRefused | ChannelLockedResource):
            raise NotAllowed


async def _awaited(
    call: Callable[[aiormq.abc.AbstractChannel], Awaitable[object]],
    channel: aiormq.abc.AbstractChannel,
) -> object:
    return await call(channel)


def _names(refusal: ChannelAccessRefused, name: str) -> bool:
    return f"'{name}'" in str(refusal)
