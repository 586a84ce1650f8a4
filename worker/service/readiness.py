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
    """How many queues are consumed; those of isolated platforms are among them."""
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
    def blocked(self) -> bool:
        return self.connected and self.link is not None and self.link.blocked

    @property
    def paused(self) -> bool:
        """Whether nothing is taken until what is in hand is settled. It is ready all the same."""
        return self.connected and self.link is not None and self.link.paused

    @property
    def ready(self) -> bool:
        return self.connected and not self.blocked and not self.draining and self.problem is None

    @property
    def trouble(self) -> str | None:
        """Why it is not ready, unless it is or is about to end."""
        if self.problem is not None:
            return self.problem
        if self.link is not None and self.link.lost is not None:
            return self.link.lost
        return "the broker blocks publishing (memory or disk alarm)" if self.blocked else None

    def report(self) -> dict[str, Any]:
        """Return the facts, for the body of `/ready`."""
        return {
            "ready": self.ready,
            "connected": self.connected,
            "partitions_consumed": self.partitions if self.connected else 0,
            "publishing_blocked": self.blocked,
            "intake_paused": self.paused,
            "draining": self.draining,
            "table": self.table,
            **self.news.report(),
            "problem": self.trouble,
            "totals": self.figures.totals.report(),
        }
