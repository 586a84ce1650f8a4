"""The worker processes of a trial: each behind its gate, watched, and replaced when it dies."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.broker.service import COMMAND, PointsmanRun, eventually
from tests.campaign.conversation import routing_table
from tests.campaign.gate import Gate, Traffic
from tests.campaign.site import USER, Site

_PATIENCE = 60.0
_DELIVERY = b'"event":"delivery"'
_ROOT = Path(__file__).parents[2]
_POLL = 0.05
OBSERVED = [sys.executable, "-m", "tests.campaign.launcher", "observed"]
"""The product as it is, and a signal that makes it say how many tasks it has."""
_CONNECTIONS = 3
"""Of a worker: one that consumes, one that publishes, and one for figures."""
OBSERVATION = "observation"
_DRAINED = 25.0
"""The drain timeout, and some time to close a broken connection."""


class _Run(PointsmanRun):
    """Does not read the log lines of deliveries, of which there may be millions."""

    def _keep(self, line: bytes) -> bool:
        return _DELIVERY not in line


@dataclass(slots=True)
class Hand:
    """One worker process."""

    name: str
    run: PointsmanRun
    gates: list[Gate]
    traffic: Traffic
    expected_exits: set[int] = field(default_factory=set)
    """How it may end, by what was done to it."""
    calm_tasks: int | None = None
    """Tasks of the event loop of one that has nothing to do; None if they are not counted."""
    frozen_until: float = 0.0
    """Monotonic time at which it may run again."""
    ready: bool = False
    """What `/ready` said when it was last asked."""

    @property
    def alive(self) -> bool:
        return self.run.exit_code is None

    @property
    def frozen_for(self) -> float:
        """For how many seconds more it is stopped from running."""
        return max(0.0, self.frozen_until - time.monotonic())

    async def look(self) -> None:
        """Ask `/ready`."""
        self.ready = self.alive and await asyncio.to_thread(self._is_ready)

    def _is_ready(self) -> bool:
        try:
            return bool(self.run.logged("listening")) and self.run.is_ready
        except OSError:
            return False

    def expect(self, *codes: int) -> None:
        """Note that it may end with one of these codes from now on."""
        self.expected_exits |= set(codes)

    async def tasks(self) -> int:
        """Return how many tasks its event loop has; only if it is observed."""
        return int((await self.observe())["tasks"])

    async def is_settled(self) -> bool:
        """Whether it has its connections, that for figures among them, and as many tasks twice."""
        connected = sum(gate.connections for gate in self.gates) >= _CONNECTIONS
        return connected and await self.tasks() == await self.tasks()

    async def observe(self) -> dict[str, Any]:
        """Return what its launcher can see of it."""
        before = len(self.run.logged(OBSERVATION))
        self.run.signal(signal.SIGRTMIN)
        seen = await eventually(
            lambda: self.run.logged(OBSERVATION)[before:], f"{self.name} told its tasks"
        )
        return dict(seen[0])

    def change_weather(self, **weather: bool) -> None:
        """Change what the network does between it and every node."""
        for gate in self.gates:
            gate.change(**weather)

    def kill(self) -> None:
        """Crash it."""
        self.expect(-signal.SIGKILL)
        if self.alive:
            self.run.signal(signal.SIGKILL)

    async def end(self) -> bool:
        """End it as an operator would; tell whether it ended in time."""
        self.expect(0)
        if not self.run.logged("listening"):
            self.expect(-signal.SIGTERM)  # told before it could listen
        if self.alive:
            self.run.signal(signal.SIGTERM)
        ended = await self.gone(_DRAINED + self.frozen_for) is not None
        if not ended:
            self.kill()
        return ended

    async def gone(self, timeout: float = _PATIENCE) -> int | None:
        """Return its exit code once it has ended; None if it has not by then."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self.alive and loop.time() < deadline:  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(_POLL)
        return self.run.exit_code


class Crew:
    """Starts and ends workers, and remembers all there ever were."""

    def __init__(
        self,
        site: Site,
        directory: Path,
        settings: Mapping[str, Any],
        rng: random.Random,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._site = site
        self._directory = directory
        self._settings = settings
        self._rng = rng
        self._command = command
        self._count = 0
        self._calm_tasks: int | None = None
        self._held_back = False
        self.hands: list[Hand] = []
        """Those that should be there."""
        self.former: list[Hand] = []

    @property
    def everybody(self) -> list[Hand]:
        return [*self.former, *self.hands]

    async def hire(self) -> Hand:
        """Start one more worker; it is not ready yet."""
        self._count += 1
        name = f"hand-{self._count}"
        traffic = Traffic()
        gates = [await Gate.open(port, traffic, self._rng) for port in self._site.ports]
        secret = f"{USER}:{self._site.password}"
        url = ",".join(f"amqp://{secret}@127.0.0.1:{gate.port}/" for gate in gates)
        run = _Run(
            url,
            routing_table(),
            self._directory,
            environ={"PYTHONPATH": str(_ROOT)},  # for commands that are modules of this folder
            command=self._command,
            **self._settings,
            worker_id=name,
            log_level="info",
        )
        hand = Hand(name, run, gates, traffic, calm_tasks=self._calm_tasks)
        hand.change_weather(held_back=self._held_back)
        self.hands.append(hand)
        return hand

    async def ready(self, hand: Hand) -> None:
        """Return once it consumes."""
        await asyncio.to_thread(hand.run.wait_ready, _PATIENCE)

    async def note_calm(self, hand: Hand) -> None:
        """Count the tasks of one that has nothing to do yet, if they are to be counted."""
        if self._command is OBSERVED:
            await eventually(hand.is_settled, f"{hand.name} is connected with all it has")
            self._calm_tasks = hand.calm_tasks = await hand.tasks()

    def hold_back(self, held_back: bool) -> None:  # noqa: FBT001 - it has no other argument
        """Let nothing pass from any worker, present or to come, to the broker; or let it."""
        self._held_back = held_back
        for hand in self.hands:
            hand.change_weather(held_back=held_back)

    async def dismiss(self, hand: Hand) -> None:
        """Let go of one that has ended."""
        if hand in self.hands:
            self.hands.remove(hand)
            self.former.append(hand)
        for gate in hand.gates:
            await gate.close()

    async def replace(self, hand: Hand) -> Hand:
        """Hire somebody for one that has ended."""
        await self.dismiss(hand)
        return await self.hire()

    async def close(self) -> None:
        """Kill whoever is left."""
        for hand in list(self.hands):
            hand.kill()
            await hand.gone(5.0)
            await self.dismiss(hand)

    def surprises(self) -> list[str]:
        """Return what became of workers that nothing was done to."""
        return [
            f"{hand.name} ended with {hand.run.exit_code}: {hand.run.tail()}"
            for hand in self.everybody
            if hand.run.exit_code is not None and hand.run.exit_code not in hand.expected_exits
        ]
