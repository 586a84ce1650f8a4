"""Sums over the processes that are heard."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

from worker.overview.heard import Figures, Heard
from worker.overview.overview import (
    DeadLetterView,
    DeadView,
    FlowView,
    PartitionView,
    Rates,
    RuleView,
    Timing,
    Totals,
)
from worker.overview.quantile import quantile
from worker.overview.report import Buckets, PartitionName, Report
from worker.service.flow import Flow

_FLOWS = 400
_RULES = 500
_LETTERS = 60
_OF_REASON = 4
_PARTITIONS = 2048
_SUMMED = frozenset(Totals.model_fields)
_OUTCOMES = ("accepted", "dead", "duplicate", "released")


def sum_totals(alive: Iterable[Heard]) -> Totals:
    """Return what they have counted since they started, and what they have in hand."""
    sums: Counter[str] = Counter()
    for heard in alive:
        report = heard.last
        for end in report.ends:
            if end.outcome in _OUTCOMES:
                sums[end.outcome] += end.number
        for part in (report.counts, report.state):
            sums.update({name: number for name, number in part if name in _SUMMED})
    return Totals(**{name: sums[name] for name in Totals.model_fields})


def rate_of(heard: Heard) -> float:
    """Return how many deliveries end per second, of one process."""
    return sum(_rates(heard).values())


def sum_rates(alive: Iterable[Heard]) -> Rates:
    """Return how many deliveries end per second, by outcome."""
    rates: Counter[str] = Counter()
    for heard in alive:
        rates.update(_rates(heard))
    return Rates(**{outcome: rates[outcome] for outcome in _OUTCOMES})


def sum_flows(alive: Sequence[Heard]) -> tuple[tuple[FlowView, ...], int]:
    """Return the flows, the fastest first, and how many messages are in none of them."""
    counts: Counter[Flow] = Counter()
    rates: dict[Flow, float] = {}
    for heard in alive:
        for each in heard.last.flows:
            counts[each.flow] += each.number
        if seconds := heard.seconds:
            for flow, rise in heard.flow_rise().items():
                rates[flow] = rates.get(flow, 0.0) + rise / seconds
    most = heapq.nlargest(_FLOWS, counts, key=lambda flow: (rates.get(flow, 0.0), counts[flow]))
    shown = tuple(
        FlowView(**flow._asdict(), count=counts[flow], rate=rates.get(flow, 0.0)) for flow in most
    )
    left_out = sum(heard.last.flows_left_out for heard in alive)
    return shown, left_out + counts.total() - sum(flow.count for flow in shown)


def sum_rules(alive: Sequence[Heard]) -> tuple[tuple[RuleView, ...], int]:
    """Return the rules, those of the latest table first, and how many are left out."""
    hits: dict[str, int] = {}
    rates: dict[str, float] = {}
    left_out = 0
    latest = sorted(alive, key=lambda heard: heard.last.table.loaded_at, reverse=True)
    for heard in latest:
        left_out = max(left_out, heard.last.rules_left_out)
        for rule in heard.last.rules:
            hits[rule.name] = hits.get(rule.name, 0) + rule.hits
        if seconds := heard.seconds:
            for name, rise in heard.rise(attrgetter("rules")).items():
                rates[name] = rates.get(name, 0.0) + rise / seconds
    shown = tuple(
        RuleView(name=name, hits=number, rate=rates.get(name, 0.0))
        for name, number in list(hits.items())[:_RULES]
    )
    return shown, left_out + len(hits) - len(shown)


def sum_latency(alive: Sequence[Heard]) -> Timing:
    """Return how long deliveries take to their confirm."""
    return _timing(alive, attrgetter("latency"), attrgetter("latency"))


def sum_age(alive: Sequence[Heard]) -> Timing:
    """Return how old messages are when they are picked up."""
    return _timing(alive, attrgetter("age"), attrgetter("age"))


def sum_dead(alive: Iterable[Heard], recent: Mapping[str, int]) -> tuple[DeadView, ...]:
    """Return the reasons of dead letters, the commonest first. `recent` is of ten minutes."""
    counts: Counter[str] = Counter()
    rates: dict[str, float] = {}
    for heard in alive:
        for end in heard.last.ends:
            if end.reason:
                counts[end.reason] += end.number
        if seconds := heard.seconds:
            for (_, reason), rise in heard.rise(attrgetter("ends")).items():
                rates[reason] = rates.get(reason, 0.0) + rise / seconds
    reasons = {**counts, **{reason: 0 for reason in recent if reason not in counts}}
    return tuple(
        DeadView(
            reason=reason, count=count, recent=recent.get(reason, 0), rate=rates.get(reason, 0.0)
        )
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:64]
    )


def sum_letters(alive: Iterable[Heard]) -> tuple[DeadLetterView, ...]:
    """Return the last dead letters of each reason, newest first."""
    notes = [(note, heard.last.worker) for heard in alive for note in heard.last.dead_letters]
    notes.sort(key=lambda each: each[0].at, reverse=True)
    of_reason: Counter[str] = Counter()
    letters: list[DeadLetterView] = []
    for note, worker in notes:
        of_reason[note.reason] += 1
        if of_reason[note.reason] <= _OF_REASON and len(letters) < _LETTERS:
            letters.append(DeadLetterView(**dict(note), worker=worker))
    return tuple(letters)


def sum_partitions(alive: Sequence[Heard], now: float) -> tuple[PartitionView, ...]:
    """Return who got something last from each partition, those of isolated platforms behind."""
    last: dict[PartitionName, tuple[float, str]] = {}
    for heard in alive:
        for partition, ago in heard.last.partitions.served:
            found = (ago + now - heard.at, heard.last.worker)
            last[partition] = min(last.get(partition, found), found)
    numbered = range(max((heard.last.partitions.numbered for heard in alive), default=0))
    isolated = sorted({name for heard in alive for name in heard.last.partitions.isolated})
    names: list[PartitionName] = [*numbered, *isolated]
    return tuple(_partition(name, last.get(name)) for name in names[:_PARTITIONS])


def _partition(name: PartitionName, last: tuple[float, str] | None) -> PartitionView:
    ago, worker = last or (None, None)
    return PartitionView(partition=name, worker=worker, ago=ago)


def _rates(heard: Heard) -> dict[str, float]:
    rates: dict[str, float] = {}
    if seconds := heard.seconds:
        for (outcome, _), rise in heard.rise(attrgetter("ends")).items():
            rates[outcome] = rates.get(outcome, 0.0) + rise / seconds
    return rates


def _timing(
    alive: Sequence[Heard],
    buckets_of: Callable[[Report], Buckets],
    counts_of: Callable[[Figures], tuple[int, ...]],
) -> Timing:
    """Sum buckets with the bounds of the first; a worker of another version may have others."""
    if not alive:
        return Timing()
    bounds = buckets_of(alive[0].last).bounds
    counts = rises = [0] * (len(bounds) + 1)
    for heard in alive:
        if buckets_of(heard.last).bounds == bounds:
            counts = _added(counts, buckets_of(heard.last).counts)
            rises = _added(rises, heard.bucket_rise(counts_of))
    p50, p90, p99 = (quantile(share, bounds, rises) for share in (0.5, 0.9, 0.99))
    return Timing(bounds=bounds, counts=tuple(counts), p50=p50, p90=p90, p99=p99)


def _added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
