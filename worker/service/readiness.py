"""Whether the service is fit to work, and if not, why."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from worker.service.figures import Figures
from worker.service.table_news import TableNews


class LinkState(Protocol):
    """What readiness asks of an open link."""

    @property
    def blocked(self) -> bool: ...
    @property
    def lost(self) -> str | None: ...
    @property
    def paused(self) -> bool: ...
    @property
    def channels_open(self) -> bool: ...
    @property
    def consumed(self) -> int: ...


class LoadState(Protocol):
    """What the metrics ask of what is on its way."""

    @property
    def in_flight(self) -> int: ...
    @property
    def unsettled(self) -> int: ...
    @property
    def held(self) -> int: ...


@dataclass(slots=True)
class Readiness:
    """Filled in by the service, read by `/ready`."""

    table: str
    partitions: int
    """How many queues are to be consumed; those of isolated platforms are among them."""
    link: LinkState | None = None
    load: LoadState | None = None
    problem: str | None = "not connected yet"
    draining: bool = False
    figures: Figures = field(default_factory=Figures)
    news: TableNews = field(default_factory=TableNews)

    @property
    def connected(self) -> bool:
        return self.link is not None and self.link.lost is None

    @property
    def channels_open(self) -> bool:
        return self.connected and self.link is not None and self.link.channels_open

    @property
    def consumed(self) -> int:
        """How many partitions the broker may deliver from, now or once another worker leaves."""
        return self.link.consumed if self.connected and self.link is not None else 0

    @property
    def blocked(self) -> bool:
        return self.connected and self.link is not None and self.link.blocked

    @property
    def paused(self) -> bool:
        """Whether nothing is taken until what is in hand is settled. It is ready all the same."""
        return self.connected and self.link is not None and self.link.paused

    @property
    def ready(self) -> bool:
        return not self.draining and self.trouble is None

    @property
    def trouble(self) -> str | None:
        """Why it is not ready, unless it is or is about to end."""
        if self.problem is not None:
            return self.problem
        if self.link is None:
            return "not connected"
        if self.link.lost is not None:
            return self.link.lost
        if not self.channels_open:
            return "a channel is closed"
        if self.consumed < self.partitions:
            return f"{self.consumed} of {self.partitions} partitions are consumed"
        if self.blocked:
            return "the broker blocks publishing (memory or disk alarm)"
        return None

    def report(self) -> dict[str, Any]:
        """Return the facts, for the body of `/ready`."""
        return {
            "ready": self.ready,
            "connected": self.connected,
            "channels_open": self.channels_open,
            "partitions": self.partitions,
            "partitions_consumed": self.consumed,
            "publishing_blocked": self.blocked,
            "intake_paused": self.paused,
            "draining": self.draining,
            "table": self.table,
            **self.news.report(),
            "problem": self.trouble,
            "totals": self.figures.totals.report(),
        }
