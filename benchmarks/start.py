"""From nothing to the first routed message, and what the process takes when nothing happens.

The broker runs and has the topology, and one message waits in a partition. The clock runs from
starting `pointsman run` until its job has been delivered from the model's queue.
"""

import asyncio
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.broker import COMMAND, Stand, stand
from benchmarks.process_usage import cpu_seconds, resident_bytes
from benchmarks.relay_process import POINTSMAN, running
from benchmarks.report import Report, Row
from benchmarks.sample import Sample, samples
from benchmarks.traffic import Traffic

_PATIENCE = 60.0
_IDLE_SECONDS = 10.0
_LOT = 20_000
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Start:
    """One start, in seconds, and in processor seconds of the process itself."""

    wall: float
    processor: float


def measure_start(
    report: Report, *, queue_type: str, rounds: int, messages: int, prefetch: int, partitions: int
) -> None:
    """Measure and report starting, then idling, fresh and after `messages` messages."""
    with stand(queue_type, partitions) as place:
        commands = [_seconds_of_a_command(place) for _ in range(rounds)]
        starts = [asyncio.run(_start(place, f"s{number}", prefetch)) for number in range(rounds)]
        report.table(
            f"start, {queue_type} queues, {partitions} partitions, {rounds} times",
            [
                _spread("start to first routed message, s", [start.wall for start in starts]),
                _spread("  its CPU until then, s", [start.processor for start in starts]),
                _spread("pointsman --version, for comparison, s", commands),
            ],
        )
        rows = asyncio.run(_at_rest(place, messages, prefetch))
    report.table(f"at rest, {queue_type} queues, {partitions} partitions", rows)


def _spread(what: str, seconds: Sequence[float]) -> Row:
    return {"": what, "median": median(seconds), "least": min(seconds), "most": max(seconds)}


def _seconds_of_a_command(place: Stand) -> float:
    started = time.monotonic()
    subprocess.run(
        [COMMAND, "--version"], env=place.environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - started


async def _start(place: Stand, run: str, prefetch: int) -> Start:
    async with Traffic.open(place.url, place.partitions) as traffic:
        await traffic.preload(list(samples(1, run=run)))
        arrived = await traffic.first_job()
        started = time.monotonic()
        with running(POINTSMAN, place, prefetch) as process:
            await asyncio.wait_for(arrived, _PATIENCE)
            return Start(time.monotonic() - started, cpu_seconds(process.pid))


async def _at_rest(place: Stand, messages: int, prefetch: int) -> list[Row]:
    rows: list[Row] = []
    everything = list(samples(messages, run="m"))
    async with Traffic.open(place.url, place.partitions) as traffic:
        with running(POINTSMAN, place, prefetch) as process:
            await _route(traffic, list(samples(1, run="first")))
            rows.append(await _look(process.pid, "nothing routed yet"))
            for begin in range(0, messages, _LOT):
                await _route(traffic, everything[begin : begin + _LOT])
            rows.append(await _look(process.pid, f"{messages:,} messages later"))
    return rows


async def _route(traffic: Traffic, batch: Sequence[Sample]) -> None:
    await traffic.feed(batch)
    await traffic.collect(batch)


async def _look(pid: int, when: str) -> Row:
    before = cpu_seconds(pid)
    await asyncio.sleep(_IDLE_SECONDS)
    used = (cpu_seconds(pid) - before) / _IDLE_SECONDS
    return {"": when, "resident, MiB": resident_bytes(pid) / _MIB, "% of a processor": used * 100}
