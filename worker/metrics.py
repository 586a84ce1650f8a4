"""`/metrics`: the figures of a worker as Prometheus reads them."""

import time
from collections.abc import Iterator, Mapping
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

from worker.service.histogram import Histogram
from worker.service.readiness import Readiness

CONTENT_TYPE = CONTENT_TYPE_LATEST
SERVED_WITHIN = 300.0
"""Seconds: a partition that has delivered something since then counts as served here."""


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

    def collect(self) -> Iterator[Metric]:
        yield from self._state()
        yield from self._traffic()
        yield from self._oddities()

    def _state(self) -> Iterator[Metric]:
        readiness, figures, now = self._readiness, self._figures, time.monotonic()
        yield _gauge("ready", "1 if the worker is fit to work, as /ready says", readiness.ready)
        yield _gauge("connected", "1 while the link to the broker is open", readiness.connected)
        yield _gauge("draining", "1 while the worker ends", readiness.draining)
        yield _gauge("publishing_blocked", "1 during an alarm of the broker", readiness.blocked)
        yield _count("publishing_blocked_seconds", "Time in which it was", figures.blocked_seconds)
        yield _count("connections", "Links to the broker opened", figures.connections)
        consumed = readiness.partitions if readiness.connected else 0
        yield _gauge("partitions_consumed", "Partitions subscribed to", consumed)
        served = figures.served(now, SERVED_WITHIN)
        yield _gauge(
            "partitions_served", "Partitions that delivered to this worker in 5 minutes", served
        )
        load = readiness.load
        yield _gauge("deliveries_unsettled", "Deliveries in hand", load.unsettled if load else 0)
        yield _gauge("publishes_unconfirmed", "Publishes in flight", load.in_flight if load else 0)
        yield _gauge(
            "lanes_held", "Conversations that wait for a refusing queue", load.held if load else 0
        )
        news = readiness.news
        table = Gauge("pointsman_table_info", "The routing table in use", labels=["table"])
        table.add_metric([readiness.table], 1)
        yield table
        yield _gauge(
            "table_loaded_timestamp_seconds", "When it was taken", news.loaded_at.timestamp()
        )
        yield _gauge("table_refused", "1 if the file holds a table that was refused", news.refused)
        yield _count("table_reloads", "Tables taken while it ran", figures.reloads)
        yield _count("table_reloads_refused", "Tables refused", figures.reloads_refused)

    def _traffic(self) -> Iterator[Metric]:
        figures = self._figures
        yield _counts(
            "deliveries", "Deliveries by how they ended", ("outcome", "reason"), figures.deliveries
        )
        yield _counts(
            "messages", "Deliveries settled", ("platform", "source_kind"), figures.messages
        )
        yield _counts(
            "jobs", "Turn jobs published", ("route", "model", "source_kind"), figures.jobs
        )
        yield _histogram(
            "delivery_seconds", "From delivery to the broker's confirm", figures.seconds
        )
        yield _histogram(
            "message_age_seconds", "From a message's making to its delivery", figures.age
        )
        yield _count("publish_retries", "Publishes beyond the first", figures.retries)
        yield _count(
            "turns_delayed", "Turns that a limit held until it let them go", figures.totals.delayed
        )
        yield _count(
            "redelivered", "Deliveries that the broker gave out again", figures.redelivered
        )

    def _oddities(self) -> Iterator[Metric]:
        totals = self._figures.totals
        yield _count("claims_ignored", "Bodies that claimed a source kind", totals.claims_ignored)
        yield _count(
            "override_fields_ignored", "Override fields not obeyed", totals.override_fields_ignored
        )
        yield _count("keys_redacted", "Keys taken out of messages", totals.keys_redacted)
        yield _count("routing_errors", "Own faults routed to the base", totals.routing_errors)
        yield _count("split_conversations", "Changes of a routing key", totals.split_conversations)


def _gauge(name: str, help_: str, value: object) -> Gauge:
    number = value if isinstance(value, int | float) else value is not None
    return Gauge(f"pointsman_{name}", help_, value=float(number))


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
