"""What a restart costs: how long a message waits while a worker ends and another goes on."""

import asyncio
import signal
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.broker import COMMAND, Stand, stand
from benchmarks.flood import PromiseBroken
from benchmarks.report import Report, Row
from benchmarks.sample import WAYS
from benchmarks.steady import Phase, Steady
from worker.demo.child_process import start_child
from worker.demo.free_port import free_port
from worker.demo.rabbitmq_installation import RabbitmqInstallation

_BEFORE = 2.0
_PATIENCE = 60.0
_NOTICED = 40.0  # seconds in which the broker has missed enough heartbeats, which are 10 s apart


class _Pod:
    """One worker, started again whenever it has ended."""

    def __init__(self, place: Stand, opened: ExitStack) -> None:
        self._place = place
        self._opened = opened

    async def start(self) -> None:
        """Start a worker, and wait until it is ready."""
        self._port = free_port()
        environment = {**self._place.environment, "POINTSMAN_HTTP": f"127.0.0.1:{self._port}"}
        log = self._opened.enter_context((self._place.folder / f"{self._port}.log").open("wb"))
        self._process = start_child([COMMAND, "run"], env=environment, output=log)
        self._opened.callback(self._process.kill)
        async with asyncio.timeout(_PATIENCE):
            while not await asyncio.to_thread(self._is_ready):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)

    async def end(self, how: signal.Signals) -> None:
        """Send it this signal, and wait until it has ended."""
        self.signal(how)
        await asyncio.to_thread(self._process.wait, _PATIENCE)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/ready", timeout=5):
                return True
        except OSError:
            return False


_Event = Callable[[Sequence[_Pod]], Awaitable[None]]


def measure_restart(
    report: Report,
    *,
    queue_type: str,
    partitions: int,
    rate: float,
    installation: RabbitmqInstallation | None = None,
) -> None:
    """Measure and report. Raises PromiseBroken if a message is lost or out of order."""
    with stand(queue_type, partitions, installation=installation) as place:
        rows = [asyncio.run(_row(place, rate, *case)) for case in _CASES]
    report.table(
        f"restarts, {queue_type} queues, {partitions} partitions, {rate:.0f} a second", rows
    )


async def _row(place: Stand, rate: float, what: str, workers: int, event: _Event) -> Row:
    way, *_ = WAYS
    with ExitStack() as opened:
        pods = [_Pod(place, opened) for _ in range(workers)]
        for pod in pods:
            await pod.start()
        where = {"exchange": f"in.{way.platform}", "queue": f"turns.{way.model}"}
        async with Steady.open(place.url, **where, rate=rate) as steady:
            quiet = await steady.talk(_BEFORE)
            took, phase = await _talk_through(steady, event(pods))
        for pod in pods:
            await pod.end(signal.SIGTERM)
    if phase.lost or phase.reordered:
        raise PromiseBroken(f"{what}: {phase.lost} lost, {phase.reordered} out of order")
    return {
        "": what,
        "longest wait, s": phase.most / 1000,
        "p50, ms": phase.p50,
        "longest before, ms": quiet.most,
        "it took, s": took,
        "messages": phase.sent,
    }


async def _talk_through(steady: Steady, event: Awaitable[None]) -> tuple[float, Phase]:
    """Talk for as long as an event takes, and a while before and after it."""
    began = time.monotonic()
    going = asyncio.ensure_future(event)
    phases = [await steady.talk(_BEFORE)]
    while not going.done():
        phases.append(await steady.talk(_BEFORE))
    await going
    took = time.monotonic() - began
    phases.append(await steady.talk(_BEFORE))
    worst = max(phases, key=lambda phase: phase.most)
    return took, Phase(
        sent=sum(phase.sent for phase in phases),
        arrived=sum(phase.arrived for phase in phases),
        reordered=sum(phase.reordered for phase in phases),
        p50=worst.p50,
        p99=worst.p99,
        most=worst.most,
    )


def _again(how: signal.Signals) -> _Event:
    async def event(pods: Sequence[_Pod]) -> None:
        await pods[0].end(how)
        await pods[0].start()

    return event


async def _roll(pods: Sequence[_Pod]) -> None:
    for pod in pods:
        await pod.end(signal.SIGTERM)
        await pod.start()


async def _hang(pods: Sequence[_Pod]) -> None:
    pods[0].signal(signal.SIGSTOP)
    await asyncio.sleep(_NOTICED)
    await _again(signal.SIGKILL)(pods)


_CASES: tuple[tuple[str, int, Any], ...] = (
    ("one worker, SIGTERM, started at once", 1, _again(signal.SIGTERM)),
    ("one worker, SIGKILL, started at once", 1, _again(signal.SIGKILL)),
    ("two workers, the first SIGTERM", 2, _again(signal.SIGTERM)),
    ("two workers, the first SIGKILL", 2, _again(signal.SIGKILL)),
    ("two workers, replaced one by one", 2, _roll),
    ("two workers, the first hangs (SIGSTOP)", 2, _hang),
)
