"""The messages of one conversation, in order."""

from collections import deque
from dataclasses import dataclass, field

from worker.pipeline.delivery import Delivery
from worker.pipeline.turn import DeadLetter, Turn


@dataclass(slots=True)
class Passage:
    """One delivery on its way through the worker."""

    delivery: Delivery
    made: Turn | DeadLetter
    since: float
    """Monotonic time at which it was delivered, in seconds."""
    lane: "Lane | None" = None
    """None for what has no order to keep: a dead letter."""
    attempts: int = 0
    paid: Turn | None = None
    """The turn that its limits were charged for, None where nothing was."""
    not_before: float = 0.0
    """Monotonic time at which its limits let it go, in seconds."""
    in_doubt: bool = False
    """Whether an attempt may have arrived although nobody confirmed it."""

    @property
    def tag(self) -> int:
        return self.delivery.tag


@dataclass(slots=True)
class Lane:
    """The passages of one conversation; only the first has an unconfirmed publish."""

    name: str
    passages: deque[Passage] = field(default_factory=deque)
    refusals: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Per queue that refuses: when it did first, without taking one since, and when last."""

    def refused(self, queue: str, now: float, patience: float) -> float:
        """Note that a queue refuses, and return until when it may."""
        first, last = self.refusals.get(queue, (now, now))
        if now - last > patience:  # nobody has tried for so long: that was another time
            first = now
        self.refusals[queue] = first, now
        return first + patience
