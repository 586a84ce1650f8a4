"""A feeder and a runner for tests: publishes with confirms, and takes what comes out."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from contracts import routing_key as feeder_routing_key
from tests.broker.service import PATIENCE, eventually


class Collector:
    """Takes everything out of one queue, acking it, and keeps it in order of arrival."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        self.messages: list[AbstractIncomingMessage] = []

    async def _take(self, message: AbstractIncomingMessage) -> None:
        self.messages.append(message)
        await message.ack()

    async def wait_for(
        self, count: int, timeout: float = PATIENCE
    ) -> list[AbstractIncomingMessage]:
        """Return the messages so far, once there are at least `count`."""
        deadline = asyncio.get_running_loop().time() + timeout
        while len(self.messages) < count:
            late = asyncio.get_running_loop().time() > deadline
            assert not late, f"{len(self.messages)} of {count} messages came to {self.queue}"
            await asyncio.sleep(0.01)
        return self.messages

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The bodies of the messages so far, as JSON."""
        return [json.loads(message.body) for message in self.messages]


class Client:
    """A connection of its own to a vhost. An async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._collectors: dict[str, Collector] = {}

    async def __aenter__(self) -> Self:
        self.connection = await aio_pika.connect(self._url, timeout=PATIENCE)
        self.channel = await self.connection.channel(on_return_raises=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.connection.close()

    async def publish(
        self,
        platform: str,
        body: bytes | Mapping[str, Any],
        *,
        routing_key: str | None = None,
        exchange: str | None = None,
        **properties: Any,
    ) -> None:
        """Publish to `in.<platform>`, or to `exchange`, and return once the broker has it.

        A mapping becomes JSON. The routing key is a feeder's unless given; `properties` are those
        of `aio_pika.Message`.
        """
        if routing_key is None:
            routing_key = "" if isinstance(body, bytes) else feeder_routing_key(body)
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        persistent = {"delivery_mode": aio_pika.DeliveryMode.PERSISTENT}
        message = aio_pika.Message(body, **{**persistent, **properties})
        target = await self.channel.get_exchange(exchange or f"in.{platform}", ensure=False)
        await target.publish(message, routing_key=routing_key, timeout=PATIENCE)

    async def publish_all(
        self, messages: Iterable[tuple[str, Mapping[str, Any]]], window: int = 500
    ) -> None:
        """Publish (platform, message) pairs in order, up to `window` of them unconfirmed."""
        pending: set[asyncio.Task[None]] = set()
        for platform, body in messages:
            pending.add(asyncio.create_task(self.publish(platform, body)))
            if len(pending) >= window:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)

    async def collect(self, queue: str) -> Collector:
        """Return the collector of a queue; the first call starts to take messages out of it."""
        collector = self._collectors.get(queue)
        if collector is None:
            collector = self._collectors[queue] = Collector(queue)
            channel = await self.connection.channel()
            await channel.set_qos(prefetch_count=500)
            source = await channel.get_queue(queue, ensure=False)
            await source.consume(collector._take, timeout=PATIENCE)
        return collector

    async def dead_letters(self, count: int) -> list[AbstractIncomingMessage]:
        """Return all dead letters so far, once there are at least `count`."""
        return await (await self.collect("dead")).wait_for(count)

    async def jobs(self, model: str, count: int) -> list[dict[str, Any]]:
        """Return all jobs for a model so far, once there are at least `count`."""
        collector = await self.collect(f"turns.{model}")
        await collector.wait_for(count)
        return collector.jobs

    async def purge(self, *queues: str) -> None:
        """Throw away what is ready in these queues."""
        for name in queues:
            await (await self.channel.get_queue(name, ensure=False)).purge()

    async def waiting(self, queue: str) -> int:
        """Return how many messages of a queue are ready; unacked ones do not count."""
        channel = await self.connection.channel()
        declared = await channel.declare_queue(queue, passive=True)
        await channel.close()
        return declared.declaration_result.message_count or 0

    async def empty(self, queue: str) -> None:
        """Wait until no message of a queue is ready."""

        async def is_empty() -> bool:
            return await self.waiting(queue) == 0

        await eventually(is_empty, f"{queue} is empty")
