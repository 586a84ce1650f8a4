"""The way of a delivery through the worker, and what is remembered of one that ended dead."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Self

from routing.table import RoutingTable
from worker.pipeline.turn import DeadLetter, Known
from worker.service.outcome import Outcome

_OTHER = "other"


class Flow(NamedTuple):
    """Where it came from, what decided, where it went. Every field is from a closed set or a table.

    Empty is what it did not come to.
    """

    platform: str
    source_kind: str
    route: str
    model: str
    queue: str
    """Where the rule names one; else the model's own."""
    outcome: str
    reason: str

    @classmethod
    def of(cls, known: Known, source_kind: str, outcome: Outcome, reason: str) -> Self:
        """Return the flow of a delivery that has ended."""
        route, model, queue = known.route or "", known.model or "", known.queue or ""
        return cls(known.platform_label, source_kind, route, model, queue, outcome.value, reason)

    def coarser(self) -> "Flow":
        """Return it without what there may be too many of."""
        return self._replace(platform=_OTHER, model="", queue="")

    def is_of(
        self, table: RoutingTable, routes: AbstractSet[str], models: AbstractSet[str]
    ) -> bool:
        """Whether a delivery can have taken it by this table, whose rules and models these are."""
        return (
            table.label(self.platform) == self.platform
            and (not self.route or self.route in routes)
            and (not self.model or self.model in models)
        )


@dataclass(frozen=True, slots=True)
class DeadNote:
    """One dead letter, without its body."""

    at: datetime
    reason: str
    detail: str
    message_id: str
    """As its sender stated it; empty where it did not."""
    platform: str
    source_kind: str
    route: str

    @classmethod
    def of(cls, letter: DeadLetter, source_kind: str) -> Self:
        """Return what is remembered of a letter that has just been published."""
        known, now = letter.known, datetime.now(UTC)
        route = known.route or ""
        reason, detail = letter.reason.value, letter.detail
        message_id = "" if known.message_id_derived else known.message_id or ""
        return cls(now, reason, detail, message_id, known.platform_label, source_kind, route)
