from dataclasses import replace

from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.service.figures import Figures
from worker.service.outcome import Ending, Outcome


def ending(body, outcome, attempts=1, seconds=0.0, **given):
    one = replace(delivery(body), **given)
    return Ending(outcome, one, pipeline()(one, STAMP), seconds, attempts)


def test_jobs_are_counted_by_rule_model_and_source_kind():
    """Only what the broker has is a job."""
    figures = Figures()
    figures.add(ending(message(), Outcome.ACCEPTED))
    figures.add(ending(message(), Outcome.DUPLICATE))
    figures.add(ending(message(), Outcome.RELEASED))
    figures.add(ending(b"[]", Outcome.DEAD))
    assert figures.jobs == {("base", "base-m", "stranger"): 1}
    assert figures.deliveries == {
        ("accepted", ""): 1,
        ("duplicate", ""): 1,
        ("released", ""): 1,
        ("dead", "malformed"): 1,
    }


def test_a_platform_that_the_table_does_not_know_is_other():
    """However many names a feeder makes up, they share one label."""
    figures = Figures()
    figures.add(ending(message(), Outcome.ACCEPTED, exchange="in.cron"))
    for number in range(5):
        figures.add(ending(message(), Outcome.ACCEPTED, exchange=f"in.made-up-{number}"))
    assert figures.messages == {("cron", "cron"): 1, ("other", "stranger"): 5}


def test_what_is_dead_before_it_has_a_source_kind_counts_as_unknown():
    """A delivery from nobody is a settled one all the same."""
    figures = Figures()
    figures.add(ending(message(), Outcome.DEAD, exchange="elsewhere"))
    assert figures.messages == {("other", "unknown"): 1}


def test_the_age_is_what_the_message_says():
    """Two seconds after `created_at` it is two seconds old; without one it has no age."""
    figures = Figures()
    figures.add(ending(message(created_at="2026-01-31T11:59:58.123456Z"), Outcome.ACCEPTED))
    figures.add(ending(message(), Outcome.ACCEPTED))
    figures.add(
        ending(message(created_at="2026-02-01T00:00:00Z"), Outcome.ACCEPTED)
    )  # a fast clock
    assert (figures.age.cumulative[-1], figures.age.sum) == (2, 2.0)


def test_retries_redeliveries_and_latency_are_counted():
    """Publishes beyond the first, deliveries given out again, and seconds to the confirm."""
    figures = Figures()
    figures.add(ending(message(), Outcome.ACCEPTED, attempts=3, seconds=0.25, redelivered=True))
    figures.add(ending(b"[]", Outcome.DEAD, seconds=0.5))
    figures.add(ending(message(), Outcome.DUPLICATE, attempts=0, seconds=9.0))
    assert (figures.retries, figures.redelivered) == (2, 1)
    assert (figures.seconds.cumulative[-1], figures.seconds.sum) == (2, 0.75)


def test_a_partition_is_served_while_it_delivers():
    """It counts until it has been silent for as long as is asked."""
    figures = Figures()
    figures.picked_up([replace(delivery(b""), partition=0), replace(delivery(b""), partition=1)], 1)
    figures.picked_up([replace(delivery(b""), partition=1)], 5)
    assert [figures.served(now, within=5) for now in (5, 6, 6.5, 11)] == [2, 2, 1, 0]
