"""A hostile feeder at full speed beside a normal one: what the normal one notices of it.

Quiet, then the flood, then quiet again, in one run on one broker and with one worker: with the
hostile feeder's platform isolated and limited, over a gigabit link, as from another machine; and
over the link with neither, for comparison. Over loopback the flood's own copying takes the
processors of broker and worker, whatever it publishes to. So there it runs to an exchange that
nothing is bound to, which no worker ever hears of, and to the isolated platform, in turn, and the
medians count: of thirty seconds, a hiccup of the machine alone makes the p99 another.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.broker import Stand, stand
from benchmarks.hostile import LARGEST
from benchmarks.process_usage import cpu_seconds, resident_bytes
from benchmarks.relay_process import POINTSMAN, running
from benchmarks.report import Report, Row
from benchmarks.steady import Phase, Steady

GIGABIT = 119.0 * 2**20  # bytes a second, less what the headers of TCP take
RATE = 50.0  # messages a second of the normal feeder
AT_MOST = 5.0  # times the quiet p99
_AT_MOST_OF_NOBODYS = 2.0  # times the p99 beside a flood that comes to nobody
_OURS = "in.webhook"
_NOBODYS = "amq.fanout"  # every broker has it, and nothing is bound to it
_SHORTER = 4  # times, where it is not isolated: all of it is on disk before it is routed
_TURNS = 3
_WARM_UP = 5.0
_LOOK_EVERY = 0.2
_MIB = 2**20
_PREFETCH = 20
# What docs/guarantees.md states: what is in hand, some copies of the largest body, and a margin.
_IN_HAND, _COPIES, _MARGIN = 256 * _MIB, 8, 32 * _MIB


class PromiseBroken(Exception):
    """A flood did what it must not; the text says what."""


@dataclass(frozen=True, slots=True)
class Flood:
    """What happened, phase by phase."""

    before: Phase
    during: Phase
    after: Phase
    hostile: dict[str, Any]
    idle: int
    """Resident bytes of the worker before the flood."""
    most: int
    """The most it had."""
    worker_cpu: float
    """Processors it used during the flood."""
    broker_cpu: float

    @property
    def bound(self) -> int:
        """What the worker's memory is promised to stay under."""
        return self.idle + _IN_HAND + _COPIES * LARGEST + _MARGIN

    def broken(self) -> Iterator[str]:
        """Yield promises that were not kept, other than that of the p99."""
        phases = (self.before, self.during, self.after)
        if lost := sum(phase.lost for phase in phases):
            yield f"{lost} messages lost"
        if reordered := sum(phase.reordered for phase in phases):
            yield f"{reordered} out of order"
        if self.most > self.bound:
            yield f"{self.most // _MIB} MiB of {self.bound // _MIB}"


def measure_flood(report: Report, *, queue_type: str, seconds: float, partitions: int) -> None:
    """Measure and report all of them; raises PromiseBroken unless isolation keeps its promises."""
    shorter = seconds / _SHORTER

    def measured(name: str, lasts: float, link: float, *, to: str, isolated: bool = True) -> Flood:
        quiet = max(15.0, lasts / 4)
        with stand(queue_type, partitions, _table(isolated=isolated)) as place:
            load = os.getloadavg()[0]
            result = asyncio.run(_measure(place, lasts, quiet, link, to))
        report.table(
            f"a flood of {lasts:.0f} s {name}, {queue_type} queues,"
            f" load of the machine before it {load:.1f}",
            _rows(result),
        )
        report.table(f"the flood {name}", [_hostile(result, lasts)])
        return result

    linked = measured("from an isolated platform, over a gigabit link", seconds, GIGABIT, to=_OURS)
    loop, no_link = "over loopback", float("inf")
    nobodys, ours = [], []
    for _ in range(_TURNS):
        nobodys.append(measured(f"to nobody, {loop}", shorter, no_link, to=_NOBODYS))
        ours.append(measured(f"from an isolated platform, {loop}", shorter, no_link, to=_OURS))
    measured("among all others, over a gigabit link", shorter, GIGABIT, to=_OURS, isolated=False)
    beside_nobodys, beside_ours = _middle(nobodys), _middle(ours)
    said = [
        *linked.broken(),
        *(each for one in ours for each in one.broken()),
        *_slower("over the link", linked.during.p99, linked.before.p99, AT_MOST),
        *_slower(loop, beside_ours, beside_nobodys, _AT_MOST_OF_NOBODYS),
    ]
    report.say(
        f"  {loop} the p99, the median of {_TURNS}: {beside_ours:.0f} ms,"
        f" {beside_ours / beside_nobodys:.1f} times the {beside_nobodys:.0f} ms beside nobody's\n"
        f"  promises of isolation: {'; '.join(said) or 'kept'}\n"
    )
    if said:
        raise PromiseBroken(f"beside an isolated flood: {'; '.join(said)}")


def _middle(floods: Sequence[Flood]) -> float:
    return median(flood.during.p99 for flood in floods)


def _slower(where: str, p99: float, beside: float, times: float) -> Iterator[str]:
    if p99 > times * beside:
        yield f"{where} the p99 is {p99 / beside:.1f} times {beside:.1f} ms"


async def _measure(place: Stand, seconds: float, quiet: float, link: float, exchange: str) -> Flood:
    with running(POINTSMAN, place, prefetch=100) as process:
        async with Steady.open(
            place.url, exchange="in.telegram", queue="turns.normal", rate=RATE
        ) as steady:
            await steady.talk(_WARM_UP)
            before = await steady.talk(quiet)
            idle = resident_bytes(process.pid)
            used = cpu_seconds(process.pid), cpu_seconds(place.broker_pid)
            async with _watching(process.pid) as seen:
                flood = _flood(place, seconds, link, exchange)
                hostile, during = await asyncio.gather(flood, steady.talk(seconds))
            worker = cpu_seconds(process.pid) - used[0]
            broker = cpu_seconds(place.broker_pid) - used[1]
            after = await steady.talk(quiet)
    return Flood(
        before=before,
        during=during,
        after=after,
        hostile=hostile,
        idle=idle,
        most=max(seen),
        worker_cpu=worker / seconds,
        broker_cpu=broker / seconds,
    )


async def _flood(place: Stand, seconds: float, link: float, exchange: str) -> dict[str, Any]:
    """Run the hostile feeder, a process of its own, and return its counts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.hostile", place.url, exchange),
        *(str(seconds), str(link)),
        env=place.environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    counts: dict[str, Any] = json.loads(said)
    return counts


@asynccontextmanager
async def _watching(pid: int) -> AsyncIterator[list[int]]:
    """Look at the memory of a process now and then, inside the block."""
    seen = [resident_bytes(pid)]

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            seen.append(resident_bytes(pid))

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()


def _rows(result: Flood) -> list[Row]:
    phases = {
        "quiet": result.before,
        "beside the flood": result.during,
        "afterwards": result.after,
    }
    return [
        {
            "the normal feeder": name,
            "sent": phase.sent,
            "not arrived": phase.lost,
            "reordered": phase.reordered,
            "p50, ms": phase.p50,
            "p99, ms": phase.p99,
            "most, ms": phase.most,
            "p99, ratio": phase.p99 / result.before.p99,
        }
        for name, phase in phases.items()
    ]


def _hostile(result: Flood, seconds: float) -> Row:
    counts = result.hostile
    return {
        "": "the hostile feeder",
        "published/s": counts["sent"] / seconds,
        "MiB/s": counts["bytes"] / _MIB / seconds,
        "accepted": counts["accepted"],
        "nacked": counts["nacked"],
        "worker's processors": result.worker_cpu,
        "broker's": result.broker_cpu,
        "worker's MiB before": result.idle / _MIB,
        "at most": result.most / _MIB,
        "bound": result.bound / _MIB,
    }


def _table(*, isolated: bool) -> str:
    """Return a routing table: each of the two platforms has a model of its own."""
    rules = [{"match": {"platform": "telegram"}, "model": "normal"}]
    table = {
        "model": {"default": "hostile", "routes": rules},
        "platforms": {"telegram": {}, "webhook": {"isolated": isolated}},
        "worker": {"isolated_prefetch": _PREFETCH},
    }
    if isolated:  # as docs/security.md has it
        table["limits"] = {"per_platform": {"stranger": {"rate": "100/s", "over": "delay"}}}
    return json.dumps(table)
