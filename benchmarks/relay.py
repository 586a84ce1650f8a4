"""Messages per second and processor time of `pointsman run`, beside a bare relay.

Both do the same: the same messages, waiting in the same partition queues, become jobs in the same
model queues, every publish mandatory, persistent and confirmed, every message acked after that. A
figure counts only if every message came out once, in the right queue, and none was left.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from subprocess import Popen

from benchmarks.broker import Stand, stand
from benchmarks.process_usage import cpu_seconds
from benchmarks.relay_process import BARE, POINTSMAN, RelayFailed, running
from benchmarks.report import Report, Row
from benchmarks.sample import Sample, samples
from benchmarks.traffic import Traffic
from benchmarks.workload import Workload

_LOOK_EVERY = 0.1
_STALLED = 30.0
# Starting and stopping are not what is measured here.
_FROM, _TO = 0.1, 0.9
_NOTHING = nullcontext()


@dataclass(frozen=True, slots=True)
class Reading:
    """How far things were at one time; seconds, and processor seconds."""

    time: float
    jobs: float
    relay: float
    broker: float

    def towards(self, later: "Reading", share: float) -> "Reading":
        """Return what lies between this reading and a later one."""
        ours, theirs = asdict(self), asdict(later)
        return Reading(**{name: ours[name] + share * (theirs[name] - ours[name]) for name in ours})


@dataclass(frozen=True, slots=True)
class Round:
    """What one relay did in one round."""

    name: str
    per_second: float
    relay_us: float
    """Processor microseconds per message."""
    broker_us: float
    in_bytes: float
    out_bytes: float


def measure_relay(report: Report, work: Workload) -> None:
    """Measure both in turn, in each round, and report medians and their ratio."""
    results: list[Round] = []
    with stand(work.queue_type, work.partitions) as place:
        for number in range(work.rounds):
            for name in (POINTSMAN, BARE):
                run = f"{work.queue_type[0]}{number}{name[0]}"
                batch = list(samples(work.messages, run=run, conversations=work.conversations))
                result = asyncio.run(one_round(name, place, batch, work.prefetch))
                results.append(result)
                report.say(
                    f"  round {number + 1} of {work.rounds}, {work.queue_type}: {name}"
                    f" {result.per_second:,.0f} messages/s, {result.relay_us:,.0f} µs each"
                )
    title = (
        f"relay, {work.queue_type} queues, {work.messages:,} messages of"
        f" {work.conversations:,} conversations, median of {work.rounds}"
    )
    report.table(title, _rows(results))
    report.keep(f"{title}: each round", [asdict(result) for result in results])


def _rows(results: Sequence[Round]) -> list[Row]:
    ours, theirs = (_medians([r for r in results if r.name == n]) for n in (POINTSMAN, BARE))
    ratio = {head: ours[head] / theirs[head] for head in ours}
    return [
        {"": POINTSMAN, **ours},
        {"": BARE, **theirs},
        {"": "ratio", **ratio},
    ]


def _medians(results: Sequence[Round]) -> dict[str, float]:
    heads: dict[str, Callable[[Round], float]] = {
        "messages/s": lambda result: result.per_second,
        "its CPU, µs/message": lambda result: result.relay_us,
        "broker CPU, µs/message": lambda result: result.broker_us,
        "bytes in": lambda result: result.in_bytes,
        "bytes out": lambda result: result.out_bytes,
    }
    return {head: median(map(pick, results)) for head, pick in heads.items()}


async def one_round(
    name: str,
    place: Stand,
    batch: Sequence[Sample],
    prefetch: int,
    *arguments: str,
    beside: AbstractAsyncContextManager[object] = _NOTHING,
) -> Round:
    """Measure one of the two, while `beside` is entered. It gets these arguments as well."""
    messages = len(batch)
    async with Traffic.open(place.url, place.partitions) as traffic:
        await traffic.preload(batch)
        with running(name, place, prefetch, *arguments) as process:
            async with beside:
                readings = await _watch(traffic, process, place.broker_pid, messages)
        size = await traffic.collect(batch)
    first, last = _at(readings, _FROM * messages), _at(readings, _TO * messages)
    jobs = last.jobs - first.jobs
    return Round(
        name=name,
        per_second=jobs / (last.time - first.time),
        relay_us=(last.relay - first.relay) / jobs * 1e6,
        broker_us=(last.broker - first.broker) / jobs * 1e6,
        in_bytes=sum(len(sample.body) for sample in batch) / messages,
        out_bytes=size / messages,
    )


async def _watch(
    traffic: Traffic, process: "Popen[bytes]", broker_pid: int, messages: int
) -> list[Reading]:
    """Read the clocks until all jobs are there."""
    readings: list[Reading] = []
    moved = time.monotonic()
    while not readings or readings[-1].jobs < messages:
        if process.poll() is not None or time.monotonic() - moved > _STALLED:
            raise RelayFailed(f"it stopped at {readings[-1].jobs if readings else 0} jobs")
        jobs = await traffic.jobs()
        relay, broker = cpu_seconds(process.pid), cpu_seconds(broker_pid)
        readings.append(Reading(time.monotonic(), jobs, relay, broker))
        if len(readings) > 1 and jobs > readings[-2].jobs:
            moved = readings[-1].time
        await asyncio.sleep(_LOOK_EVERY)
    return readings


def _at(readings: Sequence[Reading], jobs: float) -> Reading:
    """Return the reading at a number of jobs, between the two that were taken around it."""
    for earlier, later in pairwise(readings):
        if earlier.jobs <= jobs <= later.jobs and earlier.jobs < later.jobs:
            return earlier.towards(later, (jobs - earlier.jobs) / (later.jobs - earlier.jobs))
    return readings[-1]
