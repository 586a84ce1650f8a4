"""How long the service takes to start, and how much memory it holds."""

import asyncio
import time
from statistics import median

from benchmarks.broker import Stand, stand
from benchmarks.process_usage import cpu_seconds, resident_bytes
from benchmarks.relay_process import POINTSMAN, running
from benchmarks.report import Report
from benchmarks.sample import samples
from benchmarks.traffic import Traffic

_PREFETCH = 100
_PATIENCE = 60.0
_IDLE = 3.0
_MIB = 1024 * 1024
_AT_ONCE = 20_000


def measure_start(report: Report, *, messages: int, rounds: int, partitions: int) -> None:
    """Report the time to the first routed message, and memory idle and after `messages`."""
    with stand("quorum", partitions) as place:
        first = [asyncio.run(_first_job(place, number)) for number in range(rounds)]
        report.say(f"  start to first job, {rounds} rounds: done")
        idle, loaded = asyncio.run(_memory(report, place, messages))
    wall, processor = (median(figures) for figures in zip(*first, strict=True))
    report.table(
        f"start and memory, quorum queues, {partitions} partitions",
        [
            {"": "start to first job, s (median)", "figure": wall},
            {"": "its CPU until then, s (median)", "figure": processor},
            {"": "resident, idle, MiB", "figure": idle / _MIB},
            {"": f"resident, after {messages:,} messages, MiB", "figure": loaded / _MIB},
        ],
    )


async def _first_job(place: Stand, number: int) -> tuple[float, float]:
    """Return seconds, and processor seconds, from the start of the process to its first job."""
    batch = list(samples(1, run=f"start-{number}"))
    async with Traffic.open(place.url, place.partitions) as traffic:
        await traffic.preload(batch)
        arrived = await traffic.first_job()
        started = time.monotonic()
        with running(POINTSMAN, place, _PREFETCH) as process:
            await asyncio.wait_for(arrived, _PATIENCE)
            return time.monotonic() - started, cpu_seconds(process.pid)


async def _memory(report: Report, place: Stand, messages: int) -> tuple[int, int]:
    """Return the resident bytes of one process idle, and after it has routed the messages."""
    async with Traffic.open(place.url, place.partitions) as traffic:
        with running(POINTSMAN, place, _PREFETCH) as process:
            for batch in (list(samples(1, run="warm")),):
                await traffic.feed(batch)
                await traffic.collect(batch)
            await asyncio.sleep(_IDLE)
            idle = resident_bytes(process.pid)
            for begin in range(0, messages, _AT_ONCE):
                batch = list(samples(min(_AT_ONCE, messages - begin), run=f"m{begin}"))
                await traffic.feed(batch)
                await traffic.collect(batch)
                report.say(f"  {begin + len(batch):,} of {messages:,} messages")
            return idle, resident_bytes(process.pid)
