"""From another table in the file's place to the first job by it, while messages keep coming.

The clock runs from the rename that puts the file there until a job with its digest has been
delivered from a model's queue. A message is published every few milliseconds all the while, each of
another conversation: those of one would wait for each other, decided long before.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from statistics import median

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from benchmarks.broker import Stand, stand
from benchmarks.relay_process import POINTSMAN, running
from benchmarks.report import Report, Row
from benchmarks.sample import MODELS, WAYS, samples, table_text

_RULE_COUNTS = (10, 100, 1_000, 10_000)
_PATIENCE = 60.0
_EVERY = 0.01  # seconds between two messages
_MOST = 1_000_000
_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Reload:
    """One of them, in seconds."""

    effect: float
    """From the rename to the first job by the new table."""
    pause: float
    """The longest time between two jobs meanwhile."""


class Stream:
    """Jobs as they come."""

    def __init__(self) -> None:
        self._jobs: list[tuple[float, str]] = []
        self._arrived = asyncio.Event()

    async def take(self, job: AbstractIncomingMessage) -> None:
        """Note when a job came, and by which table."""
        self._jobs.append((time.monotonic(), json.loads(job.body)["route"]["table"]))
        self._arrived.set()

    async def first_by(self, digest: str) -> None:
        """Return once a job by this table has come."""
        async with asyncio.timeout(_PATIENCE):
            while not any(table == digest for _, table in self._jobs):
                self._arrived.clear()
                await self._arrived.wait()

    def since(self, began: float, digest: str) -> Reload:
        """Return how the change to a table went that began at a monotonic time."""
        first = next(when for when, table in self._jobs if table == digest)
        whole = [when for when, _ in self._jobs if began - 1 <= when <= first]
        pauses = [after - before for before, after in pairwise(whole)]
        return Reload(first - began, max(pauses, default=0.0))


def measure_reload(
    report: Report, *, queue_type: str, rounds: int, prefetch: int, partitions: int
) -> None:
    """Measure and report changing tables of several sizes."""
    with stand(queue_type, partitions) as place:
        rows = [asyncio.run(_row(place, rules, rounds, prefetch)) for rules in _RULE_COUNTS]
    report.table(f"another table, {queue_type} queues, {rounds} times, ms (wall)", rows)


async def _row(place: Stand, rules: int, rounds: int, prefetch: int) -> Row:
    _put(place, rules, 0)
    async with _streaming(place) as stream:
        with running(POINTSMAN, place, prefetch):
            # Twice the same file has the same digest, so each says which it is.
            await stream.first_by(_digest(rules, 0))
            reloads = [await _reload(place, stream, rules, n) for n in range(1, rounds + 1)]
    return {
        "rules": rules + len(WAYS),
        "until in effect": median(_milliseconds([each.effect for each in reloads])),
        "most": max(_milliseconds([each.effect for each in reloads])),
        "longest pause between jobs": median(_milliseconds([each.pause for each in reloads])),
    }


async def _reload(place: Stand, stream: Stream, rules: int, number: int) -> Reload:
    await asyncio.sleep(1)  # what the last one left to do is done
    began = _put(place, rules, number)
    digest = _digest(rules, number)
    await stream.first_by(digest)
    return stream.since(began, digest)


def _put(place: Stand, rules: int, number: int) -> float:
    """Put a table in the file's place, and return the monotonic time at which it was there."""
    fresh = place.folder / "fresh.yaml"
    fresh.write_text(_text(rules, number), encoding="utf-8")
    began = time.monotonic()
    fresh.rename(place.folder / "pointsman.yaml")
    return began


def _text(rules: int, number: int) -> str:
    return f"{table_text(rules)}# {number}\n"


def _digest(rules: int, number: int) -> str:
    return sha256(_text(rules, number).encode()).hexdigest()[:_DIGEST]


def _milliseconds(seconds: Sequence[float]) -> list[float]:
    return [each * 1000 for each in seconds]


@asynccontextmanager
async def _streaming(place: Stand) -> AsyncIterator[Stream]:
    stream = Stream()
    async with await aio_pika.connect(place.url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        for model in MODELS:
            queue = await channel.get_queue(f"turns.{model}", ensure=False)
            await queue.purge()
            await queue.consume(stream.take, no_ack=True)
        feeding = asyncio.create_task(_feed(channel))
        try:
            yield stream
        finally:
            feeding.cancel()
            await asyncio.wait({feeding})


async def _feed(channel: AbstractChannel) -> None:
    """Publish a message every few milliseconds."""
    exchanges = {
        name: await channel.get_exchange(name, ensure=False)
        for name in {f"in.{way.platform}" for way in WAYS}
    }
    for sample in samples(_MOST, run=f"r{time.monotonic_ns()}"):
        message = aio_pika.Message(sample.body, content_type="application/json")
        await exchanges[sample.exchange].publish(message, routing_key=sample.routing_key)
        await asyncio.sleep(_EVERY)
