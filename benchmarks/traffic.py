"""Filling the entrance and counting what comes out, over a connection of the benchmark's own."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage

from benchmarks.sample import MODELS, Sample

_PATIENCE = 120.0
_AT_A_TIME = 500
_READ_AHEAD = 1000


class Miscounted(Exception):
    """What came out is not what went in, so no figure of that round counts."""


class Traffic:
    """Both ends of what is being measured."""

    def __init__(self, channel: AbstractChannel, partitions: int) -> None:
        self._channel = channel
        self._entrances = tuple(f"inbound.{number}" for number in range(partitions))
        self._exits = tuple(f"turns.{model}" for model in MODELS)
        self._exchanges: dict[str, AbstractExchange] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, partitions: int) -> AsyncIterator["Traffic"]:
        """Connect to a broker that has the topology."""
        async with await aio_pika.connect(url) as connection:
            # Unconfirmed, which is quick: what has arrived is counted in the queues instead.
            channel = await connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=_READ_AHEAD)
            yield cls(channel, partitions)

    async def feed(self, messages: Iterable[Sample]) -> None:
        """Publish each message to its platform's exchange."""
        for number, sample in enumerate(messages):
            await (await self._exchange(sample.exchange)).publish(
                aio_pika.Message(
                    sample.body,
                    content_type="application/json",
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                ),
                routing_key=sample.routing_key,
            )
            if number % _AT_A_TIME == 0:
                await self.jobs()  # the answer comes once everything before it has arrived

    async def preload(self, messages: Sequence[Sample]) -> None:
        """Publish while nobody consumes, and return once every message waits."""
        await self.feed(messages)
        await _until_equal(self.waiting, len(messages), "messages wait")

    async def jobs(self) -> int:
        """Return how many jobs wait in the model queues."""
        return await self._count(self._exits)

    async def waiting(self) -> int:
        """Return how many messages wait in the partitions."""
        return await self._count(self._entrances)

    async def collect(self, expected: Sequence[Sample]) -> int:
        """Take all jobs out, and return how many bytes they had.

        Raises Miscounted unless each message became one job, in its model's queue, and none is
        left in the partitions. Nobody may be relaying any more.
        """
        await _until_equal(self.waiting, 0, "messages are left")
        await _until_equal(self.jobs, len(expected), "jobs are in the queues")
        seen, size = await self._drain(len(expected))
        wanted = Counter((f"turns.{sample.model}", sample.message_id) for sample in expected)
        if seen != wanted:
            missing, surplus = wanted - seen, seen - wanted
            raise Miscounted(f"{missing.total()} jobs missing, {surplus.total()} too many")
        return size

    async def first_job(self) -> "asyncio.Future[None]":
        """Return a future that is done once a job has arrived in any of the model queues."""
        arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def on_job(_queue: str, _job: AbstractIncomingMessage) -> None:
            if not arrived.done():
                arrived.set_result(None)

        await self._consume(on_job)
        return arrived

    async def _drain(self, count: int) -> tuple[Counter[tuple[str, str]], int]:
        seen: Counter[tuple[str, str]] = Counter()
        left, size = count, 0
        done = asyncio.Event()

        async def on_job(queue: str, job: AbstractIncomingMessage) -> None:
            nonlocal left, size
            seen[queue, json.loads(job.body)["message"]["message_id"]] += 1
            size += len(job.body)
            left -= 1
            if not left:
                done.set()

        stop = await self._consume(on_job)
        await asyncio.wait_for(done.wait(), _PATIENCE)
        await stop()
        return seen, size

    async def _consume(
        self, on_job: Callable[[str, AbstractIncomingMessage], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        started = []
        for name in self._exits:
            queue = await self._channel.get_queue(name, ensure=False)

            async def callback(job: AbstractIncomingMessage, name: str = name) -> None:
                await on_job(name, job)

            started.append((queue, await queue.consume(callback, no_ack=True)))

        async def stop() -> None:
            for queue, tag in started:
                await queue.cancel(tag)

        return stop

    async def _exchange(self, name: str) -> AbstractExchange:
        if name not in self._exchanges:
            self._exchanges[name] = await self._channel.get_exchange(name, ensure=False)
        return self._exchanges[name]

    async def _count(self, names: Iterable[str]) -> int:
        total = 0
        for name in names:
            queue = await self._channel.declare_queue(name, passive=True)
            total += queue.declaration_result.message_count or 0
        return total


async def _until_equal(count: Callable[[], Awaitable[int]], wanted: int, what: str) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while (found := await count()) != wanted:
        if loop.time() > deadline:
            raise Miscounted(f"{found} {what}, {wanted} should")
        await asyncio.sleep(0.1)
