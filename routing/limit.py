"""How often some may write: the `limits:` of a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import Any

from contracts import SourceKind

OFF = ("off", "none")
"""What is written where there is to be no limit."""
UNITS: Mapping[str, int] = MappingProxyType({"s": 1, "min": 60, "h": 3600})
"""What a rate is per, in seconds."""
USUAL_WAIT = 10.0
"""Seconds for which `delay` holds a message at most, where the file does not say."""


class Scope(StrEnum):
    """Whose messages are counted together."""

    PER_PAIR = "per_pair"
    """Those between a sender and the agent it addresses, in both directions."""
    PER_SENDER = "per_sender"
    PER_PLATFORM = "per_platform"


class Over(StrEnum):
    """What becomes of a message over the limit."""

    DEAD = "dead"
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class Limit:
    """A token bucket for each sender, pair or platform: `burst` at once, then `rate`."""

    scope: Scope
    source_kind: SourceKind
    """Only its messages are counted."""
    count: int
    """This many per `unit`."""
    unit: str
    """One of UNITS."""
    burst: int
    over: Over = Over.DEAD
    up_to: float = USUAL_WAIT
    """Seconds: what would have to be held for longer is dead after all."""

    @property
    def rate(self) -> str:
        """The rate as the file has it, such as `10/min`."""
        return f"{self.count}/{self.unit}"

    @property
    def interval(self) -> float:
        """Seconds from one token to the next."""
        return UNITS[self.unit] / self.count

    @property
    def name(self) -> str:
        """Where the file has it, after `limits.`."""
        return f"{self.scope}.{self.source_kind}"

    def stated(self) -> dict[str, Any]:
        """Return what the file would have to say, everything written out, as JSON values."""
        held = {"up_to": self.up_to} if self.over is Over.DELAY else {}
        return {"rate": self.rate, "burst": self.burst, "over": self.over.value, **held}

    def written(self) -> str | dict[str, Any]:
        """Return the shortest that the file can say, as a JSON value."""
        usual = self.burst == self.count and self.over is Over.DEAD
        return self.rate if usual else self.stated()

    def __str__(self) -> str:
        burst = "" if self.burst == self.count else f", burst {self.burst}"
        held = f", held for up to {self.up_to:g} s" if self.over is Over.DELAY else ""
        return f"{self.rate}{burst}{held}"


Limits = Mapping[SourceKind, tuple[Limit, ...]]
"""The limits that each source kind is under; none for a kind that is not in it."""


def every_limit(limits: Limits) -> tuple[Limit, ...]:
    """Return all limits, in the order of their scopes."""
    every = (limit for those in limits.values() for limit in those)
    return tuple(sorted(every, key=lambda each: list(Scope).index(each.scope)))


def by_kind(limits: Iterable[Limit]) -> Limits:
    """Return limits by the source kind they are for, in the order of the scopes."""
    ordered = sorted(limits, key=lambda each: (each.source_kind, list(Scope).index(each.scope)))
    groups = groupby(ordered, lambda each: each.source_kind)
    return MappingProxyType({kind: tuple(each) for kind, each in groups})


PAIR_OF_PEERS = Limit(Scope.PER_PAIR, SourceKind.HUB_PEER, count=10, unit="min", burst=10)
"""The only limit there is unless the file says otherwise: it ends what two agents would not."""
USUAL_LIMITS = by_kind([PAIR_OF_PEERS])
