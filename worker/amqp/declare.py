"""Making the topology exist, without ever changing or deleting what is there."""

import asyncio
from contextlib import AsyncExitStack
from typing import Self

import aiormq.abc
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import (
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    ConnectionCommandInvalid,
)

from worker.amqp.any_name import accept_any_name
from worker.amqp.channel_call import ChannelCall, bind, declare_exchange, declare_queue, unbind
from worker.amqp.connect import (
    CLOSE_TIMEOUT,
    closed_within,
    open_channel,
    translated_errors,
)
from worker.amqp.errors import TopologyMismatch
from worker.amqp.mismatch import mismatch_line, no_such_type
from worker.amqp.repartition_mark import find_mark
from worker.topology import Topology


async def declare(
    connection: AbstractConnection, topology: Topology, timeout: float
) -> tuple[str, ...]:
    """Declare all of it: exchanges, queues, then bindings.

    Returns one line per model queue that exists otherwise than we need it; such a queue is not
    bound, and the others can be served without it. Raises TopologyMismatch, with one line per
    thing, if anything that all of them need exists otherwise.
    """
    if topology.partitions:
        await refuse_other_partitions(connection, topology, timeout)
        await refuse_other_isolation(connection, topology, timeout)
    return await declare_as_it_is(connection, topology, timeout)


async def declare_as_it_is(
    connection: AbstractConnection, topology: Topology, timeout: float
) -> tuple[str, ...]:
    """`declare`, however many partitions the broker has."""
    accept_any_name()
    async with _Declaration(connection, timeout) as declaration:
        for exchange in topology.exchanges:
            await declaration.attempt(exchange.name, declare_exchange(exchange, timeout))
        for queue in topology.queues:
            await declaration.attempt(queue.name, declare_queue(queue, timeout))
        declaration.raise_unless_among(models := {queue.name for queue in topology.turns})
        for binding in topology.bindings:
            if binding.destination not in declaration.mismatches:
                await declaration.attempt(binding.destination, bind(binding, timeout))
        declaration.raise_unless_among(models)
        # Last, so that what is published meanwhile has a way: two for a moment, and never none.
        for binding in topology.ended:
            await declaration.attempt(binding.source, unbind(binding, timeout))
        return tuple(declaration.mismatches.values())


async def redeclare(
    connection: AbstractConnection, topology: Topology, queue_name: str, timeout: float
) -> None:
    """Declare one outgoing queue again, after the broker returned a publish to it.

    Raises TopologyMismatch if it is there, but otherwise than we need it.
    """
    async with _Declaration(connection, timeout) as declaration:
        for queue in (topology.dead, *topology.turns):
            if queue.name == queue_name:
                await declaration.attempt(queue.name, declare_queue(queue, timeout))
        declaration.raise_unless_among(set())
        for binding in topology.bindings:
            if binding.destination == queue_name and not binding.to_exchange:
                await declaration.attempt(queue_name, bind(binding, timeout))
        declaration.raise_unless_among(set())


async def refuse_other_partitions(
    connection: AbstractConnection, topology: Topology, timeout: float
) -> None:
    """Raise TopologyMismatch if the broker has another number of partitions than we, or soon will.

    Declaring more would only add bindings: messages of one conversation would be split.
    """
    mark = await find_mark(connection, topology.mark, timeout)
    if mark is not None:
        raise TopologyMismatch([mark.line])
    await refuse_other_count(connection, topology, timeout)


async def refuse_other_count(
    connection: AbstractConnection, topology: Topology, timeout: float
) -> None:
    """Raise TopologyMismatch if the broker has more partitions than ours, or fewer."""
    first, last = topology.partitions[0].name, topology.partitions[-1].name
    exists = {
        name: await queue_exists(connection, name, timeout)
        for name in dict.fromkeys((first, last, topology.beyond))
    }
    count = len(topology.partitions)
    if exists[topology.beyond]:
        line = (
            f"queue {topology.beyond}: exists, so the broker has more than {count} partitions;"
            " set `partitions` to what it has, or change it with `pointsman topology repartition`"
        )
    elif exists[first] and not exists[last]:
        line = (
            f"queue {last}: missing, so the broker has fewer than {count} partitions;"
            " set `partitions` to what it has, change it with `pointsman topology repartition`,"
            " or declare that queue again if it was deleted"
        )
    else:
        return
    raise TopologyMismatch([line])


async def refuse_other_isolation(
    connection: AbstractConnection, topology: Topology, timeout: float
) -> None:
    """Raise TopologyMismatch if a platform that we have among all others has a queue of its own.

    What is in that queue, or still comes to it, would wait for ever.
    """
    looks = (queue_exists(connection, queue, timeout) for queue in topology.shared.values())
    found = zip(topology.shared.items(), await asyncio.gather(*looks), strict=True)
    lines = [
        f"queue {queue}: exists, so `{platform}` was isolated, and it is not in this table; set"
        f" `platforms: {{{platform}: {{isolated: true}}}}`, or let workers with that empty the"
        " queue while nobody publishes to it, stop them and delete it"
        for (platform, queue), exists in found
        if exists
    ]
    if lines:
        raise TopologyMismatch(lines)


async def queue_exists(connection: AbstractConnection, name: str, timeout: float) -> bool:
    """Tell whether a queue is there."""
    with translated_errors(f"cannot look at queue {name}"):
        async with open_channel(connection, timeout) as channel:
            try:
                await channel.queue_declare(name, passive=True, timeout=timeout)
            except ChannelNotFoundEntity:
                return False
            return True


class _Declaration:
    """Tries one thing after the other; a mismatch closes its channel, and the next gets another."""

    def __init__(self, connection: AbstractConnection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._channels = AsyncExitStack()
        self._channel: aiormq.abc.AbstractChannel | None = None
        self.mismatches: dict[str, str] = {}
        """The name of each thing that is otherwise, and what is otherwise about it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await closed_within(self._channels.aclose(), CLOSE_TIMEOUT)

    async def attempt(self, name: str, call: ChannelCall) -> None:
        with translated_errors(f"cannot declare {name}"):
            channel = self._channel or await self._open_channel()
            self._channel = None
            try:
                await call(channel)
            except (ChannelPreconditionFailed, ChannelNotFoundEntity) as error:
                self.mismatches[name] = mismatch_line(name, str(error))
            except ConnectionCommandInvalid as error:
                # The one declaration that ends the whole connection, so the rest is not tried.
                lines = [*self.mismatches.values(), no_such_type(name, str(error))]
                raise TopologyMismatch(lines) from None
            else:
                self._channel = channel

    async def _open_channel(self) -> aiormq.abc.AbstractChannel:
        return await self._channels.enter_async_context(
            open_channel(self._connection, self._timeout)
        )

    def raise_unless_among(self, names: set[str]) -> None:
        """Raise TopologyMismatch if anything but these is otherwise than we need it."""
        if not self.mismatches.keys() <= names:
            raise TopologyMismatch(list(self.mismatches.values()))
