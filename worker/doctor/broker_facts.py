"""What can be seen of a broker through AMQP. Filled in by `worker.amqp`, judged here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from worker.partitions import Depth


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """How a connection is protected."""

    version: str
    expires: datetime | None
    """When the broker's certificate does; None where it is not looked at."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The broker's clock, to the whole second below, and ours before and after it was asked."""

    theirs: float
    before: float
    after: float

    @property
    def ahead(self) -> float:
        """By how many seconds theirs is ahead of ours, at the least; negative if it is behind."""
        if self.theirs > self.after:
            return self.theirs - self.after
        return min(0.0, self.theirs + 1.0 - self.before)


@dataclass(slots=True)
class HostFacts:
    """One host of `amqp_url`. What could not be asked stays as it is here."""

    host: str
    """As shown to people: no user, no password."""
    name: str
    """Of the machine, as the URL has it."""
    user: str | None
    tls_asked: bool
    unreachable: str | None = None
    refused: str | None = None
    silent: str | None = None
    """What it did not answer in time, after it had let us in; all after that is unknown."""
    product: str = "unknown"
    version: str = "unknown"
    cluster: str | None = None
    lacks: tuple[str, ...] = ()
    """What Pointsman uses of AMQP and this broker does not say it has."""
    channels: int = 0
    """How many channels a connection may have; 0 is any number."""
    tls: TlsFacts | None = None
    hash_exchange: bool | None = None
    """Whether it has the consistent-hash plugin."""
    blocked: bool | None = None
    clock: ClockReading | None = None
    seen: "BrokerContent | None" = None

    @property
    def connected(self) -> bool:
        """Whether it let us in."""
        return self.unreachable is None and self.refused is None


@dataclass(slots=True)
class BrokerContent:
    """The exchanges and queues of a topology, as they are on the broker."""

    exchanges: dict[str, bool] = field(default_factory=dict)
    """Whether each is there; one that this user may not look at is not in it."""
    queues: dict[str, Depth | None] = field(default_factory=dict)
    """What is in each, None if it is not there; likewise."""
    mismatches: list[str] = field(default_factory=list)
    """A line for each that is there otherwise than we need it."""
    unconfigurable: list[str] = field(default_factory=list)
    """What is there and this user may not declare, so that its properties cannot be compared."""
    unwritable: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def depths(self, names: Mapping[str, object] | tuple[str, ...]) -> dict[str, Depth]:
        """Return what is in those of these queues that are there."""
        found = ((name, self.queues.get(name)) for name in names)
        return {name: depth for name, depth in found if depth is not None}
