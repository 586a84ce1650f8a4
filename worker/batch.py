"""What crosses the seam to AMQP: lists of plain values, up and down."""

from dataclasses import dataclass, field

from worker.pipeline.delivery import Delivery
from worker.pipeline.publication import Publication


@dataclass(frozen=True, slots=True)
class Refusal:
    """A publish that was not confirmed."""

    token: int
    queue: str
    """The queue it was for."""
    why: str
    unroutable: bool = False
    """The broker returned it: no queue is bound for it."""
    in_doubt: bool = False
    """It may have arrived all the same."""


@dataclass(slots=True)
class Batch:
    """What came up since the last one."""

    deliveries: list[Delivery] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    """Tokens of publications that the broker has taken."""
    refused: list[Refusal] = field(default_factory=list)
    mismatches: list[str] = field(default_factory=list)
    """Model queues that exist otherwise than we need them, a line each."""

    def __bool__(self) -> bool:
        return bool(self.deliveries or self.confirmed or self.refused or self.mismatches)


@dataclass(slots=True)
class Actions:
    """What goes down in answer to a batch."""

    publications: list[tuple[int, Publication]] = field(default_factory=list)
    """(token, publication); the token is the tag of the delivery it came from."""
    settled: list[int] = field(default_factory=list)
    """Tags of deliveries to ack."""
