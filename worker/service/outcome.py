"""How a delivery ended."""

from dataclasses import dataclass
from enum import StrEnum

from worker.pipeline.delivery import Delivery
from worker.pipeline.turn import DeadLetter, Turn


class Outcome(StrEnum):
    """The four ways."""

    ACCEPTED = "accepted"
    """The broker has the turn job."""
    DEAD = "dead"
    """The broker has the dead letter."""
    DUPLICATE = "duplicate"
    """It was accepted before; there is no second job."""
    RELEASED = "released"
    """It went back to the broker unsettled, for whoever consumes next."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One delivery's end, for the log and the figures."""

    outcome: Outcome
    delivery: Delivery
    made: Turn | DeadLetter
    seconds: float
    """From delivery to here."""
    attempts: int
    """Publishes it took."""
    delayed: float = 0.0
    """Seconds after its delivery at which its limits let it go."""
