"""One message of the `dead` queue, read."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.pipeline.delivery import Properties

UNKNOWN = "unknown"
"""The reason of what neither a worker nor the broker says anything about."""


class Shape(StrEnum):
    """What a letter was before it died."""

    MESSAGE = "message"
    """An inbound message that a worker put here, with its reason."""
    JOB = "job"
    """A turn job that the broker put here: rejected, expired, or delivered too often."""
    UNDECIDED = "undecided"
    """An inbound message that the broker put here before a worker had settled it."""
    STRAY = "stray"
    """Anything else: somebody published it here."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is known of a dead letter. All that is text may be of any length, and hold anything.

    Of a `MESSAGE` all facts are the worker's, of a `JOB` those of the job, which its runner cannot
    have changed. Of an `UNDECIDED` one nothing was decided yet: `platform` is that of the exchange
    which its `x-death` names, and RabbitMQ 3.10 lets a feeder say what stands there.
    """

    id: str
    """Sixteen hex digits, the same as long as the letter is: over listings, exports and imports."""
    shape: Shape
    reason: str
    """A `DeadReason`, one that a newer worker may know, or `unknown`."""
    detail: str = field(repr=False)
    fingerprint: str
    """The same for letters that died of the same kind of problem."""
    platform: str | None
    source_kind: str | None
    route: str | None
    """The rule that made the job, None for what is none."""
    attempt: int | None
    at: datetime | None
    """When it died, None where nobody says so."""
    exchange: str
    """Where it was published before it died, and with which routing key."""
    routing_key: str
    queue: str | None
    """The queue it died in, None if it was not the broker that put it here."""
    body: bytes = field(repr=False)
    properties: Properties = field(repr=False)
    """As they are now; those that a worker moved into `x-dead-*` headers are there."""
    wire: bytes = field(repr=False)
    """The same as the content header has them: `amqp_properties` reads them with all types."""
    dead_key: str = field(repr=False)
    """The routing key by which it came to `dead`."""
