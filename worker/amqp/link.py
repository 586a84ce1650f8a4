"""Two connections, one for deliveries and one for publications: the seam, kept by aio-pika."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, cast

import aiormq
from aio_pika.abc import AbstractConnection

from worker.amqp import tolerant_frames
from worker.amqp.ack_plan import Ack, AckPlan
from worker.amqp.connect import (
    CLOSE_TIMEOUT,
    closed_within,
    connect,
    open_channel,
    translated_errors,
)
from worker.amqp.declare import declare, redeclare
from worker.amqp.errors import BrokerError, BrokerUnavailable
from worker.amqp.priority import rendezvous_priority
from worker.amqp.publisher import Publisher
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.publication import Publication
from worker.service.batch import Batch, Refusal
from worker.settings import Settings
from worker.topology import Topology

_EXPIRY_INTERVAL = 0.5
_NO_HEADERS: dict[str, Any] = {}


class AmqpLink:
    """An open link to the broker: batches come up, publications and acks go down.

    Open it with `open`; it is lost as soon as either connection, a channel or a consumer is, and
    then `receive` raises BrokerUnavailable once everything that came before has been received.
    """

    def __init__(self, settings: Settings, topology: Topology) -> None:
        self._settings = settings
        self._topology = topology
        self._connections: list[AbstractConnection] = []
        self._consume_channel: aiormq.Channel | None = None
        self._publisher: Publisher | None = None
        self._acks = AckPlan()
        self._batch = Batch()
        self._waiter: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self._deaf = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._ack_tasks: set[asyncio.Task[None]] = set()
        self._redeclaring: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self.broker_version = "unknown"

    @classmethod
    async def open(cls, url: str, settings: Settings, topology: Topology) -> "AmqpLink":
        """Connect, declare the topology and consume every partition.

        Raises BrokerUnavailable, AccessRefused or TopologyMismatch; nothing stays open then.
        """
        tolerant_frames.install()
        link = cls(settings, topology)
        try:
            await link._open(url)
        except BaseException:
            await link.close()
            raise
        return link

    async def _open(self, url: str) -> None:
        settings = self._settings
        for purpose in ("consume", "publish"):
            connection = await connect(
                url,
                name=f"pointsman {settings.worker_id} {purpose}",
                heartbeat=settings.heartbeat,
                timeout=settings.publish_timeout,
            )
            self._connections.append(connection)
            connection.close_callbacks.add(self._on_close)
        consume, publish = self._connections
        properties = _underlay(consume).server_properties
        self.broker_version = str(properties.get("version", "unknown"))
        await declare(publish, self._topology, settings.publish_timeout)
        self._publisher = Publisher(
            await self._channel(publish), settings.publish_timeout, self._confirmed, self._refused
        )
        self._start(self._expire(), self._tasks)
        await self._consume(consume)

    async def _channel(self, connection: AbstractConnection) -> aiormq.Channel:
        with translated_errors("cannot open a channel"):
            channel = connection.channel(on_return_raises=True)
            await channel.initialize(timeout=self._settings.publish_timeout)
            channel.close_callbacks.add(self._on_close)
            return cast(aiormq.Channel, await channel.get_underlay_channel())

    async def _consume(self, connection: AbstractConnection) -> None:
        settings = self._settings
        channel = self._consume_channel = await self._channel(connection)
        channel.on_consumer_cancel_callbacks.add(self._on_consumer_cancel)
        with translated_errors("cannot consume the partitions"):
            await channel.basic_qos(
                prefetch_count=settings.prefetch, timeout=settings.publish_timeout
            )
            for number, queue in enumerate(self._topology.partitions):
                await channel.basic_consume(
                    queue.name,
                    self._receiver(number),
                    arguments={"x-priority": rendezvous_priority(settings.worker_id, number)},
                    timeout=settings.publish_timeout,
                )

    # ---- up

    async def receive(self, timeout: float | None) -> Batch:
        """Return what came since the last call; wait for it up to `timeout` seconds.

        May be empty. Raises BrokerUnavailable when the link is lost.
        """
        if not self._batch and self._lost is None:
            if self._acks.waiting:
                timeout = min(timeout if timeout is not None else 0.02, 0.02)
            await self._wait(timeout)
        if self._batch:
            batch, self._batch = self._batch, Batch()
            return batch
        if self._lost is not None:
            raise BrokerUnavailable(self._lost)
        self._send_acks(self._acks.take(self._loop.time()))
        return self._batch

    async def _wait(self, timeout: float | None) -> None:
        self._waiter = self._loop.create_future()
        timer = None if timeout is None else self._loop.call_later(max(timeout, 0), self.wake)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def wake(self) -> None:
        """Have `receive` return now, with or without anything."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _receiver(self, partition: int) -> Any:
        async def receive(message: aiormq.abc.DeliveredMessage) -> None:
            if not self._deaf:
                self._batch.deliveries.append(_delivery(message, partition))
                self.wake()

        return receive

    def _confirmed(self, token: int) -> None:
        self._batch.confirmed.append(token)
        self.wake()

    def _refused(self, refusal: Refusal) -> None:
        self._batch.refused.append(refusal)
        self.wake()

    # ---- down

    def publish(self, numbered: Sequence[tuple[int, Publication]]) -> None:
        """Publish; what becomes of each comes up in a later batch."""
        if self._publisher is not None and numbered:
            self._publisher.publish(numbered)

    def settle(self, tags: list[int]) -> None:
        """Ack deliveries, in as few frames as is safe."""
        now = self._loop.time()
        self._acks.settle(tags, now)
        self._send_acks(self._acks.take(now))

    def redeclare(self, queue_name: str) -> None:
        """Make an outgoing queue exist again, in the background."""
        if queue_name not in self._redeclaring:
            self._redeclaring.add(queue_name)
            self._start(self._redeclare(queue_name), self._tasks)

    async def _redeclare(self, queue_name: str) -> None:
        try:
            await redeclare(
                self._connections[1],
                self._topology,
                queue_name,
                self._settings.publish_timeout,
            )
        except BrokerError:
            pass  # the publish is refused again, and that is reported
        finally:
            self._redeclaring.discard(queue_name)

    def stop_receiving(self) -> None:
        """Take no further deliveries up; those already up stay unsettled unless settled."""
        self._deaf = True
        self._batch.deliveries.clear()

    async def close(self) -> None:
        """Send what acks are due, close the consuming channel, then the connections.

        The channel is closed, never its consumers cancelled: a cancelled consumer's unsettled
        deliveries would come after later ones at whoever takes over.
        """
        self._deaf = True
        self._lost = self._lost or "closed"
        if self._publisher is not None:
            await self._publisher.close()
        channel = self._consume_channel
        if channel is not None and not channel.is_closed:
            self._send_acks(self._acks.take_all())
            if self._ack_tasks:
                await asyncio.wait(self._ack_tasks, timeout=CLOSE_TIMEOUT)
            await closed_within(channel.close(), CLOSE_TIMEOUT)
        for task in self._tasks | self._ack_tasks:
            task.cancel()
        for connection in self._connections:
            connection.close_callbacks.discard(self._on_close)
            await closed_within(connection.close(), CLOSE_TIMEOUT)

    def _send_acks(self, acks: list[Ack]) -> None:
        for ack in acks:
            self._start(self._ack(ack), self._ack_tasks)

    async def _ack(self, ack: Ack) -> None:
        if self._consume_channel is None:
            return
        try:
            await self._consume_channel.basic_ack(ack.tag, multiple=ack.multiple, wait=False)
        except Exception as error:  # noqa: BLE001 - aiormq has no one error for a dead channel
            self.lose(f"cannot ack: {type(error).__name__}")

    # ---- watching over it

    @property
    def blocked(self) -> bool:
        """Whether the broker has stopped taking publishes (a memory or disk alarm)."""
        return len(self._connections) > 1 and _is_blocked(self._connections[1])

    @property
    def lost(self) -> str | None:
        """Why the link is lost, or None while it is not."""
        return self._lost

    async def backlog(self) -> list[int]:
        """Return how many messages wait in each partition.

        Raises BrokerUnavailable if the broker does not answer in time, and the link is lost then.
        """
        timeout = self._settings.publish_timeout
        try:
            with translated_errors("the broker does not answer"):
                async with open_channel(self._connections[0], timeout) as channel:
                    return [
                        (
                            await channel.queue_declare(queue.name, passive=True, timeout=timeout)
                        ).message_count
                        or 0
                        for queue in self._topology.partitions
                    ]
        except BrokerError as error:
            self.lose(str(error))
            raise

    async def _expire(self) -> None:
        while self._publisher is not None:
            await asyncio.sleep(_EXPIRY_INTERVAL)
            self._publisher.expire(blocked=self.blocked)

    def _on_close(self, _sender: object, error: BaseException | None = None) -> None:
        self.lose(f"the connection was lost{_because(error)}")

    def _on_consumer_cancel(self, _frame: object) -> None:
        self.lose("the broker cancelled a consumer: its partition queue was deleted or moved")

    def lose(self, why: str) -> None:
        """Give the link up; `receive` raises once everything before has been received."""
        if self._lost is None:
            self._lost = why
        self.wake()

    def _start(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
        task = self._loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def _because(error: BaseException | None) -> str:
    text = " ".join(str(part) for part in error.args) if error is not None else ""
    return f": {text[:200]}" if text else ""


def _underlay(connection: AbstractConnection) -> Any:
    transport = connection.transport
    if transport is None:
        msg = "the connection was lost"
        raise BrokerUnavailable(msg)
    return transport.connection


def _is_blocked(connection: AbstractConnection) -> bool:
    transport = connection.transport
    if transport is None:
        return False
    # aiormq has no public way to ask; a contract test holds this to its private event.
    event = getattr(transport.connection, "_Connection__connection_unblocked", None)
    return event is not None and not event.is_set()


def _delivery(message: aiormq.abc.DeliveredMessage, partition: int) -> Delivery:
    deliver: Any = message.delivery
    given: Any = message.header.properties
    timestamp = given.timestamp
    return Delivery(
        tag=deliver.delivery_tag,
        body=message.body,
        exchange=deliver.exchange or "",
        routing_key=deliver.routing_key or "",
        redelivered=bool(deliver.redelivered),
        partition=partition,
        properties=Properties(
            content_type=given.content_type,
            content_encoding=given.content_encoding,
            headers=given.headers or _NO_HEADERS,
            priority=given.priority,
            correlation_id=given.correlation_id,
            reply_to=given.reply_to,
            expiration=given.expiration,
            message_id=given.message_id,
            timestamp=int(timestamp.timestamp()) if isinstance(timestamp, datetime) else timestamp,
            type=given.message_type,
            user_id=given.user_id,
            app_id=given.app_id,
        ),
    )
