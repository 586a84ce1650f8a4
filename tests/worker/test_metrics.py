"""The metrics page: every name, every label, and that no message can make up either."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import get_args

from prometheus_client.parser import text_string_to_metric_families

from contracts import DeadReason
from contracts.turn_job import Route
from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.metrics import Metrics
from worker.service.outcome import Ending, Outcome
from worker.service.readiness import Readiness
from worker.service.table_news import TableNews


@dataclass
class Load:
    in_flight: int = 2
    unsettled: int = 5
    held: int = 1


@dataclass
class Link:
    blocked: bool = False
    lost: str | None = None
    paused: bool = False
    channels_open: bool = True
    consumed: int = 8


def samples(readiness):
    """Name and labels of each sample of the page, with its value."""
    page = Metrics(readiness).page().decode()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def end(readiness, body, outcome, **given):
    one = delivery(body, **given)
    readiness.figures.add(Ending(outcome, one, pipeline()(one, STAMP), 0.02, 1))


def test_a_worker_that_serves_shows_its_state():
    """Gauges tell of the link, what is on its way and the table in use."""
    readiness = Readiness("0123456789ab", 8, link=Link(), load=Load(), problem=None)
    found = samples(readiness)
    assert found["pointsman_ready",] == 1
    assert found["pointsman_partitions_consumed",] == 8
    assert found["pointsman_deliveries_unsettled",] == 5
    assert found["pointsman_publishes_unconfirmed",] == 2
    assert found["pointsman_lanes_held",] == 1
    assert found["pointsman_table_info", "0123456789ab"] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_a_worker_without_a_link_shows_that():
    """Before it is connected it is not ready and holds nothing."""
    found = samples(Readiness("0123456789ab", 8))
    assert found["pointsman_ready",] == found["pointsman_connected",] == 0
    assert found["pointsman_partitions_consumed",] == found["pointsman_lanes_held",] == 0


def test_deliveries_are_shown_by_outcome_and_jobs_by_rule():
    """Counters and the histogram agree with what has ended."""
    readiness = Readiness("0123456789ab", 8)
    for _ in range(3):
        end(readiness, message(), Outcome.ACCEPTED)
    end(readiness, b"[]", Outcome.DEAD)
    found = samples(readiness)
    assert found["pointsman_deliveries_total", "", "accepted"] == 3
    assert found["pointsman_deliveries_total", "dead", "malformed"] == 1
    assert found["pointsman_jobs_total", "base", "base-m", "stranger"] == 3
    assert found["pointsman_delivery_duration_seconds_count",] == 4
    assert found["pointsman_delivery_duration_seconds_bucket", "0.01"] == 0
    assert found["pointsman_delivery_duration_seconds_bucket", "0.025"] == 4


def test_the_version_is_shown():
    """A label of build_info names the version that runs."""
    found = samples(Readiness("0123456789ab", 8))
    assert found["pointsman_build_info", version("pointsman")] == 1


def test_what_may_come_is_shown_before_it_comes():
    """Outcomes, reasons of dead letters that a worker makes, and of ignored overrides are there as 0."""
    found = samples(Readiness("0123456789ab", 8))
    for outcome in ("accepted", "duplicate", "released"):
        assert found["pointsman_deliveries_total", "", outcome] == 0
    for reason in DeadReason:
        labels = sorted(("dead", reason.value))
        made_elsewhere = reason.value.startswith(("broker_", "runner_"))
        assert (("pointsman_deliveries_total", *labels) in found) is not made_elsewhere
    (ignored, _) = get_args(Route.model_fields["override_ignored"].annotation)
    for reason in get_args(ignored):
        assert found["pointsman_overrides_ignored_total", reason] == 0


def test_an_override_that_is_not_obeyed_is_counted_by_its_reason():
    """A runtime that nobody knows and a field that nobody may set are counted apart."""
    readiness = Readiness("0123456789ab", 8)
    end(readiness, message(override={"runtime": "r", "provider": "p"}), Outcome.ACCEPTED)
    found = samples(readiness)
    assert found["pointsman_overrides_ignored_total", "unknown"] == 1
    assert found["pointsman_override_fields_ignored_total",] == 1


def test_reconnects_are_links_after_the_first():
    """The first link is none, each later one is one."""
    readiness = Readiness("0123456789ab", 8)
    for connections, reconnects in ((0, 0), (1, 0), (3, 2)):
        readiness.figures.connections = connections
        assert samples(readiness)["pointsman_reconnects_total",] == reconnects


def test_what_became_of_the_table_is_shown():
    """Settings that need a restart, queues that left the table, and an intake that pauses."""
    news = TableNews(restart=("partitions",), left={"turns.a": 5, "turns.b": 1})
    link = Link(paused=True)
    found = samples(Readiness("0123456789ab", 8, link=link, problem=None, news=news))
    assert found["pointsman_restart_needed",] == 1
    assert found["pointsman_left_queues",] == 2
    assert found["pointsman_intake_paused",] == 1
    calm = samples(Readiness("0123456789ab", 8))
    assert calm["pointsman_restart_needed",] == calm["pointsman_left_queues",] == 0


def test_messages_cannot_make_up_series():
    """Whatever ids, models, names and exchanges come, the page has no more lines than before."""
    readiness = Readiness("0123456789ab", 8)
    end(readiness, message(), Outcome.ACCEPTED, exchange="in.other-one")
    before = samples(readiness).keys()
    for number in range(50):
        source = {"chat_id": str(number), "user_id": f"u{number}", "chat_type": f"t{number}"}
        body = message(
            message_id=str(number),
            source=source,
            agent_id=f"a{number}",
            purpose=f"p{number}",
            override={"model": f"m{number}", "runtime": f"r{number}"},
        )
        end(readiness, body, Outcome.ACCEPTED, exchange=f"in.p{number}")
    assert samples(readiness).keys() == before
