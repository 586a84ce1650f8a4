"""`/metrics`: the figures of a worker as Prometheus reads them."""

import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from contracts import DeadReason
from worker.service.histogram import Histogram
from worker.service.outcome import Outcome
from worker.service.readiness import Readiness

CONTENT_TYPE = CONTENT_TYPE_LATEST
SERVED_WITHIN = 300.0
"""Seconds: a partition that has delivered something since then counts as served here."""


# Letters that no worker makes, and so none that it counts.
_BROKERS = (
    DeadReason.BROKER_DELIVERY_LIMIT,
    DeadReason.BROKER_EXPIRED,
    DeadReason.RUNNER_REJECTED,
)
# Shown from the start: what appears with its first event has not increased for Prometheus.
_ENDS = [
    *((outcome.value, "") for outcome in Outcome if outcome is not Outcome.DEAD),
    *((Outcome.DEAD.value, reason.value) for reason in DeadReason if reason not in _BROKERS),
]
_REFUSALS = ("unknown", "not_listed", "closed", "memory_flush")


class Metrics:
    """Reads readiness and figures when it is asked: counting costs a delivery next to nothing."""

    def __init__(self, readiness: Readiness) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Worker(readiness))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def page(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _Worker(Collector):
    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._figures = readiness.figures
        self._version = version("pointsman")

    def collect(self) -> Iterator[Metric]:
        yield _info("build", "The version that runs", "version", self._version)
        yield from self._state()
        yield from self._load()
        yield from self._table()
        yield from self._traffic()
        yield from self._oddities()

    def _state(self) -> Iterator[Metric]:
        readiness, figures, now = self._readiness, self._figures, time.monotonic()
        yield _gauge("ready", "1 if the worker is fit to work, as /ready says", readiness.ready)
        yield _gauge("connected", "1 while the link to the broker is open", readiness.connected)
        yield _gauge("draining", "1 while the worker ends", readiness.draining)
        yield _gauge("publishing_blocked", "1 during an alarm of the broker", readiness.blocked)
        yield _count("publishing_blocked_seconds", "Time in which it was", figures.blocked_seconds)
        reconnects = max(0, figures.connections - 1)
        yield _count("reconnects", "Links to the broker opened after the first", reconnects)
        yield _gauge("partitions_consumed", "Partitions subscribed to", readiness.consumed)
        served = figures.served(now, SERVED_WITHIN)
        yield _gauge(
            "partitions_served", "Partitions that delivered to this worker in 5 minutes", served
        )

    def _load(self) -> Iterator[Metric]:
        readiness, load = self._readiness, self._readiness.load
        yield _gauge(
            "intake_paused", "1 while memory_in_hand keeps it from taking more", readiness.paused
        )
        yield _gauge("deliveries_unsettled", "Deliveries in hand", load.unsettled if load else 0)
        yield _gauge("publishes_unconfirmed", "Publishes in flight", load.in_flight if load else 0)
        yield _gauge(
            "lanes_held", "Conversations that wait for a refusing queue", load.held if load else 0
        )

    def _table(self) -> Iterator[Metric]:
        readiness, figures = self._readiness, self._figures
        news = readiness.news
        yield _info("table", "The routing table in use", "table", readiness.table)
        yield _gauge(
            "table_loaded_timestamp_seconds", "When it was taken", news.loaded_at.timestamp()
        )
        yield _gauge("table_refused", "1 if the file holds a table that was refused", news.refused)
        yield _count("table_reloads", "Tables taken while it ran", figures.reloads)
        yield _count("table_reloads_refused", "Tables refused", figures.reloads_refused)
        yield _gauge(
            "restart_needed", "1 if the table states settings that need a restart", news.restart
        )
        yield _gauge("left_queues", "Queues that left the table and hold jobs", len(news.left))

    def _traffic(self) -> Iterator[Metric]:
        figures = self._figures
        ends = {**dict.fromkeys(_ENDS, 0), **figures.deliveries}
        yield _counts("deliveries", "Deliveries by how they ended", ("outcome", "reason"), ends)
        yield _counts(
            "messages", "Deliveries settled", ("platform", "source_kind"), figures.messages
        )
        yield _counts(
            "jobs", "Turn jobs published", ("route", "model", "source_kind"), figures.jobs
        )
        yield _histogram(
            "delivery_duration_seconds", "From delivery to the broker's confirm", figures.seconds
        )
        yield _histogram(
            "message_age_seconds", "From a message's making to its delivery", figures.age
        )
        yield _count("publish_retries", "Publishes beyond the first", figures.retries)
        yield _count(
            "turns_delayed", "Turns that a limit held until it let them go", figures.totals.delayed
        )
        yield _count(
            "redeliveries", "Deliveries that the broker gave out again", figures.redelivered
        )

    def _oddities(self) -> Iterator[Metric]:
        totals = self._figures.totals
        yield _count("claims_ignored", "Bodies that claimed a source kind", totals.claims_ignored)
        ignored = {**dict.fromkeys(_REFUSALS, 0), **totals.overrides_ignored}
        yield _counts(
            "overrides_ignored",
            "Overrides that named what they may not",
            ("reason",),
            {(reason,): number for reason, number in ignored.items()},
        )
        yield _count(
            "override_fields_ignored", "Override fields not obeyed", totals.override_fields_ignored
        )
        yield _count("keys_redacted", "Keys taken out of messages", totals.keys_redacted)
        yield _count("routing_errors", "Own faults routed to the base", totals.routing_errors)
        yield _count("split_conversations", "Changes of a routing key", totals.split_conversations)


def _gauge(name: str, help_: str, value: object) -> Gauge:
    number = value if isinstance(value, int | float) else bool(value)
    return Gauge(f"pointsman_{name}", help_, value=float(number))


def _info(name: str, help_: str, label: str, value: str) -> Gauge:
    family = Gauge(f"pointsman_{name}_info", help_, labels=[label])
    family.add_metric([value], 1)
    return family


def _count(name: str, help_: str, value: float) -> Counter:
    return Counter(f"pointsman_{name}", help_, value=value)


def _counts(name: str, help_: str, labels: tuple[str, ...], values: Mapping[Any, int]) -> Counter:
    family = Counter(f"pointsman_{name}", help_, labels=labels)
    for key, value in list(values.items()):
        family.add_metric(key, value)
    return family


def _histogram(name: str, help_: str, histogram: Histogram) -> HistogramMetricFamily:
    ends = [*map(str, histogram.bounds), "+Inf"]
    buckets = list(zip(ends, histogram.cumulative, strict=True))
    return HistogramMetricFamily(f"pointsman_{name}", help_, buckets, histogram.sum)
