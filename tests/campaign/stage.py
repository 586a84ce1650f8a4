"""Everything a fault can reach, and what it measures."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.campaign.crew import Crew
from tests.campaign.feeder import Feeder
from tests.campaign.ledger import Ledger
from tests.campaign.runner import Runner
from tests.campaign.site import Site

_POLL = 0.01
_PATIENCE = 60.0


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
    say: Callable[[str], None]
    faults: Counter[str] = field(default_factory=Counter)
    """What has befallen it, by kind."""
    missed: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    """Seconds from the broker's return to the next delivery, where nothing else was in the way."""
    notices: list[float] = field(default_factory=list)
    """Seconds from a broker's freeze, or a stalled network, until `/ready` said no."""
    violations: list[str] = field(default_factory=list)
    """What was not as promised, besides what the ledger knows."""
    active: list[str] = field(default_factory=list)
    begun: int = 0

    @contextmanager
    def during(self, name: str) -> Iterator[None]:
        """Show a fault as active for the block."""
        self.active.append(name)
        self.begun += 1
        try:
            yield
        finally:
            self.active.remove(name)

    def deliveries(self) -> int:
        """Deliveries that any worker has had."""
        return sum(hand.traffic.deliveries for hand in self.crew.everybody)

    async def measure_recovery(self) -> None:
        """Note how long after now the next delivery comes, unless another fault interferes."""
        before, begun, since = self.deliveries(), self.begun, time.monotonic()
        while self.deliveries() == before:
            if time.monotonic() - since > _PATIENCE:
                break
            await asyncio.sleep(_POLL)
        if self.begun == begun and len(self.active) <= 1:
            self.recoveries.append(time.monotonic() - since)


Cause = Callable[[Stage, random.Random], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what causes and heals it, and how often it is drawn."""

    name: str
    cause: Cause
    weight: int = 2
    clustered: bool | None = None
    """True: only where there are three nodes; False: only where there is one; None: anywhere."""
