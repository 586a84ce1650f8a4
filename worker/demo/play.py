"""The demo's course: start the workers, feed, wait until the books balance, end everything."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.demo.background import in_background
from worker.demo.commands import Commands
from worker.demo.line_process import LineProcess, OnLine
from worker.demo.reports import Reports
from worker.demo.scene import Scene

_START_TIMEOUT = 60.0
_FIRST_TIMEOUT = 30.0
_STANDSTILL = 20.0
_CLIENT_END_TIMEOUT = 12.0
_SIGTERM = -15
_LONGEST_LINE_SHOWN = 300

Background = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be played."""

    commands: Commands
    samples: Path
    models: Sequence[str]
    """What the runner runs: every model of the table."""
    workers: int
    rate: float
    """Messages per second, at most."""
    seconds: float | None
    """For how long to feed; None is until asked to stop."""
    drain_timeout: float
    """How long a worker takes to end at most."""


class Play:
    """One run of the demo. `stop` and `abandon` may be called at any time from the event loop."""

    def __init__(self, script: Script, scene: Scene, reports: Reports) -> None:
        self.faults: list[str] = []
        """What went wrong, a line or a few each."""
        self.stopped = asyncio.Event()
        """Somebody has asked for the end."""
        self.script = script
        self._scene = scene
        self.reports = reports
        self._processes: list[LineProcess] = []
        self._watches: list[asyncio.Task[None]] = []
        self._ending: set[str] = set()
        self._consuming: set[str] = set()
        self._all_consume = asyncio.Event()
        self._first_fed = asyncio.Event()
        self._news = asyncio.Event()
        """Something was reported."""
        self._over = asyncio.Event()
        """There is nothing to wait for any more: a process died, or the demo is abandoned."""

    def stop(self) -> None:
        """Stop feeding, and end in order. A second call ends everything at once."""
        if self.stopped.is_set() and not self._over.is_set():
            self._fail("ended before the books were closed")
            self.close()
        self.stopped.set()

    def close(self) -> None:
        """End every process at once. Doing so again is harmless."""
        self._ending.update(process.name for process in self._processes)
        self._over.set()
        for process in self._processes:
            process.kill()

    async def run(self, take_dead_letters: Background) -> None:
        """Play it to the end; dead letters are taken from when there is a topology."""
        try:
            await self._start_workers()
            if not self._is_over:
                async with in_background(take_dead_letters()):
                    await self._feed()
                    await self._settle()
                    await self._end()
        finally:
            self.close()
            for watch in self._watches:
                await asyncio.wait([watch])

    # ---- the acts

    async def _start_workers(self) -> None:
        script, environment = self.script, self.script.commands.worker_environment()
        for number in range(1, script.workers + 1):
            name = "the worker" if script.workers == 1 else f"worker {number}"
            command = script.commands.worker(number)
            await self._start(name, command, environment, self._worker_line(name))
        if not await self._any_of(_START_TIMEOUT, self._all_consume, self.stopped):
            self._fail(f"not every worker consumed within {_START_TIMEOUT:g} s")
            self._over.set()

    async def _feed(self) -> None:
        script = self.script
        environment = script.commands.client_environment()
        runner = script.commands.runner(script.models)
        await self._start("the runner", runner, environment, self.reports.from_runner)
        feeder = script.commands.feeder(script.samples, script.rate)
        await self._start("the feeder", feeder, environment, self._feeder_line)
        if not await self._any_of(_FIRST_TIMEOUT, self._first_fed, self.stopped):
            self._fail(f"the feeder has fed nothing for {_FIRST_TIMEOUT:g} s")
        elif not self._is_over:
            self._scene.start_feeding()
            await self._any_of(script.seconds, self.stopped)
        await self._end_process("the feeder", _CLIENT_END_TIMEOUT, (0, _SIGTERM))

    async def _settle(self) -> None:
        """Wait until all that was fed has turned up, as long as there is any progress."""
        self._scene.phase = "settling"
        while not self._scene.ledger.balanced and not self._over.is_set():
            self._news.clear()
            if not await self._any_of(_STANDSTILL, self._news):
                return

    async def _end(self) -> None:
        self._scene.phase = "ending"
        workers = [process.name for process in self._processes if process.name in self._consuming]
        timeout = self.script.drain_timeout + 5
        await asyncio.gather(*(self._end_process(name, timeout, (0,)) for name in workers))
        await self._end_process("the runner", _CLIENT_END_TIMEOUT, (0, _SIGTERM))

    # ---- processes

    async def _start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], on_line: OnLine
    ) -> None:
        def heard(line: str) -> None:
            on_line(line)
            self._news.set()

        process = await LineProcess.start(name, command, environment, heard)
        self._processes.append(process)
        self._watches.append(asyncio.create_task(self._watch(process)))

    async def _watch(self, process: LineProcess) -> None:
        code = await process.ended()
        if process.name not in self._ending:
            self._fail(f"{process.name} ended unexpectedly{_how(process, code)}")
            self._over.set()

    async def _end_process(self, name: str, timeout: float, well: Sequence[int]) -> None:
        """Ask a process to end; a fault if it does not, or ends with a code that is not `well`."""
        process = next(process for process in self._processes if process.name == name)
        if name in self._ending or self._over.is_set():
            return
        self._ending.add(name)
        code = await process.end(timeout)
        if self._over.is_set():
            return  # killed, by a second Ctrl-C or with the rest
        if code is None:
            self._fail(f"{name} did not end within {timeout:g} s of being asked to")
        elif code not in well:
            self._fail(f"{name} ended badly{_how(process, code)}")

    def _worker_line(self, name: str) -> OnLine:
        def heard(line: str) -> None:
            if self.reports.from_worker(line):
                self._consuming.add(name)
                if len(self._consuming) == self.script.workers:
                    self._all_consume.set()

        return heard

    def _feeder_line(self, line: str) -> None:
        self.reports.from_feeder(line)
        if self._scene.ledger.fed:
            self._first_fed.set()

    # ---- waiting

    async def _any_of(self, timeout: float | None, *events: asyncio.Event) -> bool:
        """Wait for an event, or for the end of everything; False if neither came in time."""
        waits = [asyncio.create_task(event.wait()) for event in (*events, self._over)]
        done, pending = await asyncio.wait(
            waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        for wait in pending:
            wait.cancel()
        return bool(done)

    @property
    def _is_over(self) -> bool:
        return self.stopped.is_set() or self._over.is_set()

    def _fail(self, fault: str) -> None:
        self.faults.append(fault)


def _how(process: LineProcess, code: int) -> str:
    """Return the exit code and what was said last, to be appended to a fault."""
    said = "".join(f"\n    {line[:_LONGEST_LINE_SHOWN]}" for line in process.last_lines)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f" ({how}); its last lines:{said}" if said else f" ({how})"
