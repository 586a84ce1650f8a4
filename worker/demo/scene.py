"""What the demo knows at one moment."""

import time
from dataclasses import dataclass, field

from worker.demo.flow import Flow
from worker.demo.ledger import Ledger
from worker.demo.throughput import Throughput


@dataclass(slots=True)
class Scene:
    """Filled in by the demo, shown by the view. Times are monotonic, in seconds."""

    broker: str
    """Which broker it is, in one line for people."""
    workers: int
    flow: Flow
    console: str | None = None
    """The address of the console."""
    ledger: Ledger = field(default_factory=Ledger)
    feeding: Throughput = field(default_factory=Throughput)
    """Messages fed per second."""
    running: Throughput = field(default_factory=Throughput)
    """Jobs per second, as the runner gets them."""
    phase: str = "starting"
    started: float = field(default_factory=time.monotonic)

    def start_feeding(self) -> None:
        """Note that the feed has begun."""
        self.phase = "feeding"
        self.started = time.monotonic()

    def elapsed(self, now: float) -> float:
        """Return how long it has been starting, and then feeding."""
        return max(0.0, now - self.started)
