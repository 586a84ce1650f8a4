"""Makes the reports of this process."""

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from operator import attrgetter, itemgetter

from contracts import short
from routing.decide import BASE
from routing.table import RoutingTable
from worker.overview.history import STEP
from worker.overview.past import Past
from worker.overview.report import (
    Buckets,
    Counts,
    DeadNote,
    EndCount,
    FlowCount,
    PartitionState,
    Report,
    RuleHits,
    Served,
    State,
    TableState,
)
from worker.service.flow import Flow
from worker.service.histogram import Histogram
from worker.service.readiness import Readiness
from worker.settings import Settings

_FLOWS = 120
_RULES = 250
_LINE = 400


class Reporter:
    """Reads readiness and figures once for each report: counting costs a delivery no more."""

    def __init__(
        self,
        settings: Settings,
        readiness: Readiness,
        table: Callable[[], RoutingTable],
        past: Past | None = None,
    ) -> None:
        """`table` returns the table in use; `past` is what there was before, usually nothing."""
        self._settings = settings
        self._readiness = readiness
        self._table = table
        self._software = version("pointsman")
        self._started_at = datetime.now(UTC)
        self._began = time.monotonic()
        self._sequence = 0
        self._past = past or Past()

    async def keep_past(self) -> None:
        """Note each step of the last ten minutes for ever, heard or not."""
        while True:
            await asyncio.sleep(STEP - self._uptime % STEP)
            self._past.note(self._readiness.figures, self._uptime)

    @property
    def _uptime(self) -> float:
        return time.monotonic() - self._began

    def report(self) -> Report:
        """Return the next report."""
        now = time.monotonic()
        self._sequence += 1
        figures = self._readiness.figures
        flows, left_out = self._flows()
        rules, rules_left_out = self._rules()
        ends = (EndCount(*end, count) for end, count in figures.deliveries.items())
        return Report(
            worker=short(self._settings.worker_id),
            software=self._software,
            started_at=self._started_at,
            at=datetime.now(UTC),
            uptime=now - self._began,
            sequence=self._sequence,
            state=self._state(),
            counts=self._counts(),
            table=self._table_state(),
            partitions=self._partitions(now),
            ends=tuple(ends),
            flows=flows,
            flows_left_out=left_out,
            rules=rules,
            rules_left_out=rules_left_out,
            latency=_buckets(figures.seconds),
            age=_buckets(figures.age),
            dead_letters=self._dead_letters(),
            past=self._past.turn(now - self._began),
        )

    def _state(self) -> State:
        readiness, load = self._readiness, self._readiness.load
        problem = readiness.trouble
        return State(
            ready=readiness.ready,
            connected=readiness.connected,
            draining=readiness.draining,
            blocked=readiness.blocked,
            paused=readiness.paused,
            problem=problem[:_LINE] if problem is not None else None,
            in_flight=load.in_flight if load is not None else 0,
            unsettled=load.unsettled if load is not None else 0,
            lanes_held=load.held if load is not None else 0,
        )

    def _counts(self) -> Counts:
        figures = self._readiness.figures
        totals = figures.totals
        return Counts(
            retries=figures.retries,
            redelivered=figures.redelivered,
            reconnects=max(0, figures.connections - 1),
            delayed=totals.delayed,
            split_conversations=totals.split_conversations,
            routing_errors=totals.routing_errors,
            blocked_seconds=figures.blocked_seconds,
        )

    def _table_state(self) -> TableState:
        readiness, news = self._readiness, self._readiness.news
        return TableState(
            digest=readiness.table,
            loaded_at=news.loaded_at,
            refused=news.refused is not None,
            restart_needed=bool(news.restart),
            left_queues=len(news.left),
        )

    def _partitions(self, now: float) -> PartitionState:
        readiness = self._readiness
        last = sorted(readiness.figures.last_delivery.items(), key=itemgetter(1), reverse=True)
        return PartitionState(
            numbered=self._settings.partitions,
            isolated=tuple(sorted(self._table().isolated_platforms)),
            consumed=readiness.consumed,
            served=tuple(Served(partition, max(0.0, now - at)) for partition, at in last),
        )

    def _flows(self) -> tuple[tuple[FlowCount, ...], int]:
        counts = self._readiness.figures.flows
        most = heapq.nlargest(_FLOWS, counts.items(), key=itemgetter(1))
        shown = tuple(FlowCount(Flow._make(map(short, flow)), count) for flow, count in most)
        return shown, counts.total() - sum(count for _, count in most)

    def _rules(self) -> tuple[tuple[RuleHits, ...], int]:
        hits: Counter[str] = Counter()
        for flow, count in self._readiness.figures.flows.items():
            hits[flow.route] += count
        table = self._table()
        names = (*(rule.name for rule in table.rules), BASE)
        runtimes = (f"runtimes.{name}" for name in table.runtimes)
        every = list(dict.fromkeys((*names, *(name for name in runtimes if hits[name]))))
        shown = tuple(RuleHits(short(name), hits[name]) for name in every[:_RULES])
        return shown, len(every) - len(shown)

    def _dead_letters(self) -> tuple[DeadNote, ...]:
        notes = (note for each in self._readiness.figures.dead_letters.values() for note in each)
        return tuple(
            DeadNote(
                at=note.at,
                reason=note.reason,
                detail=note.detail[:_LINE],
                message_id=short(note.message_id),
                platform=short(note.platform),
                source_kind=note.source_kind,
                route=short(note.route),
            )
            for note in sorted(notes, key=attrgetter("at"), reverse=True)
        )


def _buckets(histogram: Histogram) -> Buckets:
    counts = tuple(histogram.cumulative)
    return Buckets(bounds=histogram.bounds, counts=counts, sum=histogram.sum)
