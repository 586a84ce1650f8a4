"""Two connections, one for deliveries and one for publications: the seam, kept by aio-pika."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self

import aiormq
from aio_pika.abc import AbstractConnection

from worker.amqp import tolerant_frames
from worker.amqp.connect import (
    CLOSE_TIMEOUT,
    closed_within,
    connect_by,
    open_channel,
    translated_errors,
)
from worker.amqp.consumer import ACK_PATIENCE
from worker.amqp.declare import declare, redeclare
from worker.amqp.errors import BrokerError, TopologyMismatch
from worker.amqp.extend import extend
from worker.amqp.inbox import Inbox
from worker.amqp.knock import keep_knocking
from worker.amqp.outbox import Outbox
from worker.amqp.partition_ring import depth_of
from worker.amqp.publisher import Publisher
from worker.amqp.supplies import Supplies
from worker.amqp.supply import Supply
from worker.amqp.underlay import is_blocked, open_roomy_channel, underlay
from worker.amqp.upkeep import Upkeep
from worker.batch import Batch
from worker.partitions import Depth, Partition
from worker.pipeline.publication import Publication
from worker.settings import Settings
from worker.topology import Queue, Topology
from worker.topology_change import added, merged


class AmqpLink:
    """An open link to the broker: batches come up, publications and acks go down.

    Open it with `open`; it is lost as soon as either connection, a channel or a consumer is, and
    then `receive` raises BrokerUnavailable once everything that came before has been received.
    """

    def __init__(self, settings: Settings, topology: Topology) -> None:
        self._settings = settings
        self._timeout = settings.publish_timeout
        self._topology = topology
        self._inbox = Inbox(settings.isolated_rate)
        self._connections: list[AbstractConnection] = []
        self._supplies: Supplies | None = None
        self._outbox: Outbox | None = None
        self._upkeep = Upkeep(self._inbox.lose)
        self._redeclaring: set[str] = set()
        self.broker_version = "unknown"

    # ---- opening and closing

    @classmethod
    async def open(
        cls,
        url: str,
        settings: Settings,
        topology: Topology,
        partitions: Mapping[Partition, Queue],
        *,
        strict: bool = True,
    ) -> Self:
        """Connect, declare the topology and consume these queues.

        Unless `strict`, model queues that exist otherwise than we need them are only told of.
        Raises BrokerUnavailable, AccessRefused or TopologyMismatch; nothing stays open then.
        """
        tolerant_frames.install()
        link = cls(settings, topology)
        try:
            await link._open(url, partitions, strict=strict)
        except BaseException:
            await link.close()
            raise
        return link

    async def _open(self, url: str, partitions: Mapping[Partition, Queue], *, strict: bool) -> None:
        settings, inbox = self._settings, self._inbox
        consume = await self._connect(url, "consume")
        publish = await self._connect(url, "publish")
        self.broker_version = str(underlay(consume).server_properties.get("version", "unknown"))
        mismatches = await declare(publish, self._topology.vital, self._timeout)
        if mismatches and strict:
            raise TopologyMismatch(mismatches)
        inbox.tell(mismatches)
        open_outgoing = partial(self._channel, publish)
        self._outbox = Outbox(open_outgoing, self._on_channel_close, self._new_publisher)
        await self._outbox.open()
        self._upkeep.start(self._outbox.keep_expiring(lambda: self.blocked))
        self._upkeep.start(self._outbox.keep_renewing(lambda: self.blocked))
        knocks = await open_outgoing()
        knocks.closing.add_done_callback(self._on_channel_close)
        self._upkeep.start(keep_knocking(knocks, settings, lambda: self.blocked))
        taking = partial(self._channel, consume), self._on_channel_close, inbox.deliver, inbox.lose
        self._supplies = Supplies(settings, partitions, partial(Supply, *taking))
        await self._supplies.open()
        for tending in self._supplies.tending():
            self._upkeep.start(tending)

    async def _connect(self, url: str, purpose: str) -> AbstractConnection:
        connection = await connect_by(self._settings, url, purpose)
        self._connections.append(connection)
        connection.close_callbacks.add(self._on_close)
        return connection

    async def _channel(self, connection: AbstractConnection) -> aiormq.Channel:
        with translated_errors("cannot open a channel"):
            return await open_roomy_channel(connection, self._timeout)

    async def close(self) -> None:
        """Ack what was settled, release the rest, and close everything. Never raises."""
        self._inbox.stop_deliveries()
        self._inbox.lose("closed")
        if self._outbox is not None:
            await self._outbox.close()
        self._upkeep.end()
        if self._supplies is not None:
            await self._supplies.close()
        for connection in self._connections:
            connection.close_callbacks.discard(self._on_close)
        closing = [closed_within(each.close(), CLOSE_TIMEOUT) for each in self._connections]
        await asyncio.gather(*closing)  # at once: a silent broker costs the whole timeout

    # ---- up and down

    async def receive(self, timeout: float | None) -> Batch:
        """Return what came since the last call; wait for it up to `timeout` seconds.

        May be empty. Raises BrokerUnavailable when the link is lost.
        """
        if self._supplies is not None and self._supplies.owes_acks:
            timeout = ACK_PATIENCE if timeout is None else min(timeout, ACK_PATIENCE)
        return await self._inbox.receive(timeout)

    def wake(self) -> None:
        """Have `receive` return now, with or without anything."""
        self._inbox.wake()

    def stop_receiving(self) -> None:
        """Take no further deliveries up; the broker delivers them again to whoever is next."""
        self._inbox.stop_deliveries()

    def publish(self, numbered: Sequence[tuple[int, Publication]]) -> None:
        """Publish; what becomes of each comes up in a later batch."""
        if self._outbox is not None and self._supplies is not None:
            self._supplies.weigh(numbered)
            self._outbox.publish(numbered)

    def settle(self, tags: Sequence[int]) -> None:
        """Ack deliveries, and those settled before that have waited long enough."""
        if self._supplies is not None:
            self._supplies.settle(tags)

    def redeclare(self, queue_name: str) -> None:
        """Make an outgoing queue exist again, in the background."""
        if queue_name not in self._redeclaring:
            self._redeclaring.add(queue_name)
            self._upkeep.start(self._redeclare(queue_name))

    async def _redeclare(self, queue_name: str) -> None:
        try:
            await redeclare(self._connections[1], self._topology, queue_name, self._timeout)
        except TopologyMismatch as error:
            self._inbox.tell(error.mismatches)
        except BrokerError:
            pass  # the publish is refused again, and that is reported
        finally:
            self._redeclaring.discard(queue_name)

    async def extend(self, topology: Topology) -> None:
        """Have what another table needs as well. Raises BrokerError if that cannot be had."""
        more = added(self._topology, topology)
        await extend(self._connections[1], more, self._timeout)
        self._topology = merged(self._topology, topology)

    # ---- watching over it

    @property
    def blocked(self) -> bool:
        """Whether the broker has stopped taking publishes (a memory or disk alarm)."""
        return len(self._connections) > 1 and is_blocked(self._connections[1])

    @property
    def lost(self) -> str | None:
        """Why the link is lost, or None while it is not."""
        return self._inbox.lost

    def lose(self, why: str) -> None:
        """Give the link up; `receive` raises once everything before has been received."""
        self._inbox.lose(why)

    @property
    def channels_open(self) -> bool:
        """Whether it can both take deliveries and publish."""
        return all(part is not None and part.is_open for part in (self._supplies, self._outbox))

    @property
    def consumed(self) -> int:
        """How many queues it is subscribed to."""
        return 0 if self._supplies is None else self._supplies.subscribed

    @property
    def paused(self) -> bool:
        """Whether nothing is taken until what is in hand is settled: it takes the memory."""
        return self._supplies is not None and self._supplies.paused

    @property
    def held(self) -> set[Partition]:
        """Those whose deliveries are here, or left out, and wait until they may come up."""
        return self._inbox.rationed | (set() if self._supplies is None else self._supplies.held)

    async def depths(self) -> dict[Partition, Depth]:
        """Return what is in each queue that is consumed.

        What was delivered and not taken counts as being there still.
        Raises BrokerUnavailable if the broker does not answer in time, and the link is lost then.
        """
        try:
            with translated_errors("the broker does not answer"):
                async with open_channel(self._connections[0], self._timeout) as channel:
                    return {} if self._supplies is None else await self._supplies.depths(channel)
        except BrokerError as error:
            self.lose(str(error))
            raise

    async def depth(self, queue_name: str) -> int:
        """Return how many messages of a queue are ready; 0 if there is none. Raises BrokerError."""
        found = await depth_of(self._connections[0], queue_name, self._timeout)
        return found.messages if found is not None else 0

    def _new_publisher(self, channel: aiormq.Channel) -> Publisher:
        return Publisher(channel, self._timeout, self._inbox.confirm, self._inbox.refuse)

    def _on_channel_close(self, closing: "asyncio.Future[Any]") -> None:
        self._on_close(closing, None if closing.cancelled() else closing.exception())

    def _on_close(self, _sender: object, error: BaseException | None = None) -> None:
        text = " ".join(str(part) for part in error.args) if error is not None else ""
        self.lose(f"the connection was lost{f': {text[:200]}' if text else ''}")
