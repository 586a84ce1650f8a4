"""Everything a fault can reach, and what it measures."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.campaign.crew import Crew, Hand
from tests.campaign.feeder import Feeder
from tests.campaign.ledger import Ledger
from tests.campaign.runner import Runner
from tests.campaign.site import Site

_POLL = 0.01
_PATIENCE = 60.0
RECOVERED_WITHIN = 5.0
_BUSY = 0.5
_LOOK = 0.25
_GRACE = 3.0


class FaultMissed(Exception):
    """The fault could not be caused just then: another one was in its way."""


@dataclass(slots=True)
class Stage:
    """A trial in full swing."""

    site: Site
    crew: Crew
    ledger: Ledger
    feeder: Feeder
    runners: dict[str, Runner]
    faults: Counter[str] = field(default_factory=Counter)
    """What has befallen it, by kind."""
    missed: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    """Seconds from the broker's return to the next delivery, where nothing else was in the way."""
    gaps: list[float] = field(default_factory=list)
    """Seconds without a delivery after a node of several was killed."""
    notices: list[float] = field(default_factory=list)
    """Seconds from a broker's freeze, or a stalled network, until `/ready` said no."""
    awakenings: list[float] = field(default_factory=list)
    """Seconds from the last delivery that came through until a worker connected anew."""
    exits: list[float] = field(default_factory=list)
    """Seconds from the change of the password until a worker had ended."""
    resident: list[int] = field(default_factory=list)
    """Bytes of memory of each worker at the end."""
    violations: list[str] = field(default_factory=list)
    """What was not as promised, besides what the ledger knows."""
    active: list[str] = field(default_factory=list)
    begun: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _taken: bool = False

    @asynccontextmanager
    async def during(self, kind: "Kind") -> AsyncIterator[None]:
        """Let a fault be active for the block; one that wants to be alone waits, and makes wait."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._taken)
            self._taken = kind.alone
            await self._changed.wait_for(lambda: not (kind.alone and self.active))
            self.active.append(kind.name)
            self.begun += 1
        try:
            yield
        finally:
            async with self._changed:
                self.active.remove(kind.name)
                if kind.alone:
                    self._taken = False
                self._changed.notify_all()

    def deliveries(self) -> int:
        """Deliveries that any worker has had."""
        return sum(hand.traffic.deliveries for hand in self.crew.everybody)

    def some_hand(self, rng: random.Random, *, busy: bool = False) -> Hand:
        """Return a worker that is alive; a `busy` one has just been delivered something.

        Raises FaultMissed if there is none.
        """
        now = time.monotonic()
        able = [
            hand
            for hand in self.crew.hands
            if hand.alive and (not busy or now - hand.traffic.last_delivery < _BUSY)
        ]
        if not able:
            raise FaultMissed
        return rng.choice(able)

    async def measure_notices(self, hands: Sequence[Hand], within: float) -> None:
        """Note how long workers that were ready take to say that they are not."""
        since = time.monotonic()

        async def watch(hand: Hand) -> None:
            while hand.alive and hand.ready and time.monotonic() - since < within + _GRACE:
                await asyncio.sleep(_LOOK)
                await hand.look()
            if not hand.alive or hand.frozen_until > since:
                return
            noticed = time.monotonic() - since
            self.notices.append(noticed)
            if noticed > within:
                self.violations.append(f"{hand.name} was ready {noticed:.0f} s into the silence")

        await asyncio.gather(*(hand.look() for hand in hands))
        await asyncio.gather(*(watch(hand) for hand in hands if hand.alive and hand.ready))

    async def measure_recovery(self) -> None:
        """Note how long after the broker's return, now, the next delivery comes.

        Of several nodes the others have delivered all the time, so there is nothing to measure.
        """
        if self.site.clustered:
            return
        seconds = await self._measure()
        if seconds is not None:
            self.recoveries.append(seconds)
            if seconds > RECOVERED_WITHIN:
                self.violations.append(f"consuming only {seconds:.1f} s after the broker's return")

    async def measure_gap(self) -> None:
        """Note how long after a node's death, now, the next delivery comes from another."""
        seconds = await self._measure()
        if seconds is not None:
            self.gaps.append(seconds)

    async def _measure(self) -> float | None:
        """Return how long after now the next delivery comes; None if another fault interferes."""
        before, begun, since = self.deliveries(), self.begun, time.monotonic()
        while self.deliveries() == before:
            if time.monotonic() - since > _PATIENCE:
                break
            await asyncio.sleep(_POLL)
        if self.begun != begun or len(self.active) > 1:
            return None
        return time.monotonic() - since


Cause = Callable[[Stage, random.Random], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what causes and heals it, and how often it is drawn."""

    name: str
    cause: Cause
    weight: float = 2.0
    alone: bool = False
    """No other fault may be active meanwhile."""
    clustered: bool | None = None
    """True: only where there are three nodes; False: only where there is one; None: anywhere."""
