"""The queues behind `inbound`, on the broker: looked at, added, taken away."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from worker.amqp.ask_depth import ask_depth
from worker.amqp.channel_call import ChannelCall, unbind
from worker.amqp.connect import open_channel, translated_errors
from worker.amqp.declare import declare_as_it_is, refuse_other_isolation
from worker.amqp.errors import TopologyMismatch
from worker.amqp.repartition_mark import set_mark
from worker.partitions import Depth
from worker.repartition import Repartition
from worker.topology import Binding, Exchange, Queue

# A message that is being routed while a binding changes may still go by the old ones. Nobody can
# ask whether it has arrived, so this is waited for; for everything else there is an answer.
_ROUTED = 1.0
_POLL = 0.2


async def depth_of(connection: AbstractConnection, queue: str, timeout: float) -> Depth | None:
    """Return what is in a queue; None if there is no such queue.

    Raises BrokerUnavailable, also if the queue does not say it in time.
    """
    with translated_errors(f"cannot look at queue {queue}"):
        async with open_channel(connection, timeout) as channel:
            try:
                return await ask_depth(channel, queue, timeout, timeout)
            except ChannelNotFoundEntity:
                return None


async def quiet_depths(
    connection: AbstractConnection, queues: Iterable[str], timeout: float, patience: float
) -> dict[str, int]:
    """Return how many messages are in each queue, once nobody consumes it; 0 if it is not there.

    Without a consumer all that is in a queue is ready. A consumer of ours whose connection was lost
    stays until the broker notices, so `patience` is in seconds. Raises TopologyMismatch after that.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    depths = {}
    for queue in queues:
        while (depth := await depth_of(connection, queue, timeout)) and depth.consumers:
            if loop.time() > until:
                raise TopologyMismatch([f"queue {queue}: has a consumer: stop the workers first"])
            await asyncio.sleep(_POLL)
        depths[queue] = depth.messages if depth else 0
    return depths


class PartitionRing:
    """Does on one connection what a repartition asks for. `timeout` is in seconds, per call.

    Each call can be repeated: what is done already is not done twice. Raises BrokerUnavailable,
    AccessRefused or TopologyMismatch.
    """

    def __init__(self, connection: AbstractConnection, change: Repartition, timeout: float) -> None:
        self._connection = connection
        self._change = change
        self._timeout = timeout

    async def check(self) -> None:
        """Raise TopologyMismatch if anything is otherwise than we need it; changes nothing."""
        before, after = self._change.before, self._change.after
        await refuse_other_isolation(self._connection, before, self._timeout)
        mismatches = await declare_as_it_is(self._connection, before, self._timeout)
        if mismatches:
            raise TopologyMismatch(mismatches)
        if self._change.changes_kind:
            # Under another name, so that a missing plugin shows while `inbound` is still there.
            trial = Exchange(f"{after.mark}.trial", after.inbound.kind)
            await self._declare(exchanges=(trial,))
            await self._do(trial.name, lambda c: c.exchange_delete(trial.name))

    async def mark(self) -> None:
        """Have everybody else refuse to start until `unmark`."""
        before, after = self._change.before, self._change.after
        counts = len(before.partitions), len(after.partitions)
        await self._do(
            after.mark, lambda c: set_mark(c, after.mark, *counts, timeout=self._timeout)
        )

    async def unmark(self) -> None:
        """Let everybody start again."""
        await self.delete(self._change.after.mark)

    async def grow(self) -> None:
        """Add each new partition; each takes keys from those before it, and nothing else moves."""
        after = self._change.after
        new = {queue.name for queue in self._change.added}
        # Bound one after the other, the first one first.
        await self._declare(
            partitions=self._change.added,
            bindings=tuple(each for each in after.bindings if each.destination in new),
        )

    async def shrink(self) -> None:
        """Unbind each partition that goes; each gives its keys away, and nothing else moves."""
        before = {each.destination: each for each in self._change.before.bindings}
        for queue in self._change.removed:
            await self._unbind(before[queue.name])

    async def settle(self) -> None:
        """Wait until what was being routed while bindings changed has arrived."""
        await asyncio.sleep(_ROUTED)

    async def switch_kind(self) -> None:
        """Make `inbound` an exchange of the other kind, while `inbound.0` is all there is behind.

        A queue gets a message once, however many ways lead to it: so a second way can be opened
        before the first is closed.
        """
        after = self._change.after
        first = after.partitions[0].name
        direct = [Binding(each.source, first, each.routing_key) for each in after.entries]
        behind = tuple(each for each in after.bindings if each.destination == first)
        if not await self._is_of_kind(after.inbound):
            await self._declare(bindings=tuple(direct))
            for binding in after.entries:
                await self._unbind(binding)
            await self.settle()
            await self._do(after.inbound.name, lambda c: c.exchange_delete(after.inbound.name))
        await self._declare(exchanges=(after.inbound,), bindings=(*behind, *after.entries))
        for binding in direct:
            await self._unbind(binding)
        await self.settle()

    async def delete(self, queue: str) -> None:
        """Delete a queue, whatever is in it."""
        # Quorum queues know no `if-empty` and no `if-unused`.
        await self._do(queue, lambda channel: channel.queue_delete(queue, timeout=self._timeout))

    async def _is_of_kind(self, exchange: Exchange) -> bool:
        """Whether an exchange is of this kind; where there is none, it is made."""
        with translated_errors(f"cannot declare {exchange.name}"):
            async with open_channel(self._connection, self._timeout) as channel:
                try:
                    await channel.exchange_declare(
                        exchange.name,
                        exchange_type=exchange.kind,
                        durable=True,
                        timeout=self._timeout,
                    )
                except ChannelPreconditionFailed:
                    return False
                return True

    async def _declare(
        self,
        exchanges: tuple[Exchange, ...] = (),
        partitions: tuple[Queue, ...] = (),
        bindings: tuple[Binding, ...] = (),
    ) -> None:
        wanted = replace(
            self._change.after,
            exchanges=exchanges,
            turns=(),
            partitions=partitions,
            isolated={},
            ended=(),
            bindings=bindings,
        )
        mismatches = await declare_as_it_is(self._connection, wanted, self._timeout)
        if mismatches:
            raise TopologyMismatch(mismatches)

    async def _unbind(self, binding: Binding) -> None:
        await self._do(binding.destination, unbind(binding, self._timeout))

    async def _do(self, name: str, call: ChannelCall) -> None:
        with translated_errors(f"cannot change {name}"):
            async with open_channel(self._connection, self._timeout) as channel:
                await call(channel)
