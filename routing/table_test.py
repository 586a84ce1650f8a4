"""A test that a table brings along: a message, and what is to become of it."""

from dataclasses import dataclass
from datetime import datetime

from contracts import InboundMessage, PlatformName, SourceKind


@dataclass(frozen=True, slots=True)
class Given:
    """A message, and what is stated of it besides."""

    message: InboundMessage
    platform: PlatformName
    source_kind: SourceKind | None = None
    """None for the one that such a message has in life; a stated one is taken as it is."""
    publisher: str | None = None
    """The RabbitMQ user; None for one that the platform lists, where it lists any."""
    verified: bool | None = None
    """None for what publisher and signature make of it; a stated one is taken as it is."""
    signed: bool | None = None
    """None for a message that is signed where the platform lists keys, as it has to be."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that is to come of the message."""

    what: str
    """One of `routing.destination.EXPECTABLE`."""
    wanted: str | None
    """None where it is not to be set."""
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class TableTest:
    """One entry of `tests:`."""

    name: str
    """Its own, else its place: `tests[0]`."""
    given: Given
    expected: tuple[Expectation, ...]
    """At least one, in the order written."""
    at: datetime | None = None
    """When it is; None for the moment in which the test is run."""
