"""Changing the number of partitions on the broker, in order and without losing anything."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from routing.decide import Router
from routing.table import RoutingTable
from worker.amqp.any_host import any_host
from worker.amqp.find_partitions import find_partitions
from worker.amqp.partition_ring import PartitionRing, quiet_depths
from worker.log import Log
from worker.partitions import Partition, Partitions
from worker.pipeline.judge_signature import JudgeSignature
from worker.pipeline.pipeline import Limits, Pipeline
from worker.repartition import Repartition
from worker.service.partition_drain import PartitionDrain, patience
from worker.service.readiness import Readiness
from worker.service.service import Service
from worker.settings import Settings
from worker.topology import Queue, Topology

_LEAVING = 2.0  # seconds in which a worker that has ended is gone from its queues


class Stopped(Exception):
    """It was told to stop; what is left to do can be done later."""


class Display(Protocol):
    """Who is told how far it is."""

    def say(self, line: str) -> None:
        """Show what comes next."""

    def show(self, left: int) -> None:
        """Show how many messages of this drain are left."""


async def look(settings: Settings, topology: Topology, wanted: int) -> Partitions:
    """Return what the broker has.

    Raises BrokerUnavailable, AccessRefused, or TopologyMismatch as `find_partitions` does.
    """
    async with any_host(settings, "look") as connection:
        return await find_partitions(
            connection, topology.inbound.name, topology.mark, wanted, settings.publish_timeout
        )


class Repartitioning:
    """Carries out a repartition. Feeders go on all the time; workers are refused meanwhile.

    Each step may be done again, so one that was cut off anywhere is gone on with from the start.
    """

    def __init__(
        self,
        settings: Settings,
        table: RoutingTable,
        change: Repartition,
        display: Display,
        log: Log,
        judge_signature: JudgeSignature,
    ) -> None:
        self._settings = settings
        self._change = change
        self._display = display
        self._log = log
        limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
        # What has waited comes all at once: that says nothing of how often anybody writes.
        router = Router(replace(table, limits={}))
        self._pipeline = Pipeline(router, limits, settings.prefix, judge_signature)
        self._readiness = Readiness(table.digest, len(change.larger.partitions))
        self._service: Service | None = None
        self._stopped = False

    def stop(self) -> None:
        """Ask for an end as soon as what is in flight is settled. `run` raises Stopped then."""
        self._stopped = True
        if self._service is not None:
            self._service.stop()

    async def run(self, *, under_way: bool) -> None:
        """Do all of it; `under_way` says that it has been begun before.

        Raises Stopped, BrokerUnavailable, AccessRefused or TopologyMismatch.
        """
        change = self._change
        await self._depths(range(len(change.larger.partitions)), _LEAVING)
        async with self._ring() as ring:
            if not under_way:
                await ring.check()
                await ring.mark()
            await self._turn(ring)
        for numbers in change.phases:
            await self._drain(numbers)
            if not change.grows:
                await self._remove(numbers)
        async with self._ring() as ring:
            if change.changes_kind and not change.grows:
                await self._switch_kind(ring)
            await ring.unmark()

    async def _turn(self, ring: PartitionRing) -> None:
        """Have new messages go where they are to go from now on."""
        change = self._change
        if change.grows:
            if change.changes_kind:
                await self._switch_kind(ring)
            self._display.say(f"binding {_names(change.added)}")
            await ring.grow()
        else:
            self._display.say(f"unbinding {_names(change.removed)}")
            await ring.shrink()
        await ring.settle()

    async def _switch_kind(self, ring: PartitionRing) -> None:
        inbound = self._change.after.inbound
        self._display.say(f"{inbound.name} becomes a {inbound.kind} exchange")
        await ring.switch_kind()

    async def _drain(self, numbers: Sequence[int]) -> None:
        """Settle what is in these partitions now."""
        self._raise_if_stopped()
        if not any((await self._depths(numbers, patience(self._settings))).values()):
            return
        partitions: dict[Partition, Queue] = {
            number: self._change.larger.partitions[number] for number in numbers
        }
        self._display.say(f"draining {_names(tuple(partitions.values()))}")
        outgoing = self._change.after.outgoing
        drain = PartitionDrain(self._settings, outgoing, partitions, self._display.show)
        self._service = Service(self._settings, self._pipeline, drain, self._readiness, self._log)
        await self._service.run()
        self._service = None
        if not drain.done:
            raise Stopped
        self._raise_if_stopped()

    async def _remove(self, numbers: Sequence[int]) -> None:
        """Delete partitions that nothing is routed to any more, once they are empty."""
        while any((await self._depths(numbers, patience(self._settings))).values()):
            await self._drain(numbers)
        async with self._ring() as ring:
            for number in numbers:
                await ring.delete(self._change.larger.partitions[number].name)

    async def _depths(self, numbers: Sequence[int], patience: float) -> dict[str, int]:
        names = [self._change.larger.partitions[number].name for number in numbers]
        async with any_host(self._settings, "look") as connection:
            return await quiet_depths(connection, names, self._settings.publish_timeout, patience)

    @asynccontextmanager
    async def _ring(self) -> AsyncIterator[PartitionRing]:
        self._raise_if_stopped()
        async with any_host(self._settings, "repartition") as connection:
            yield PartitionRing(connection, self._change, self._settings.publish_timeout)

    def _raise_if_stopped(self) -> None:
        if self._stopped:
            raise Stopped


def _names(queues: Sequence[Queue]) -> str:
    names = [queue.name for queue in queues]
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
