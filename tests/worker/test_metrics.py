"""The metrics page: every name, every label, and that no message can make up either."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.metrics import Metrics
from worker.service.outcome import Ending, Outcome
from worker.service.readiness import Readiness


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
    assert found["pointsman_delivery_seconds_count",] == 4
    assert found["pointsman_delivery_seconds_bucket", "0.01"] == 0
    assert found["pointsman_delivery_seconds_bucket", "0.025"] == 4


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
