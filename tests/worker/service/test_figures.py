from dataclasses import replace

import pytest

from tests.routing.tables import rule, table
from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.service.figures import Figures
from worker.service.outcome import Ending, Outcome


def ending(body, outcome, attempts=1, seconds=0.0, by=None, **given):
    one = replace(delivery(body), **given)
    return Ending(outcome, one, pipeline(by)(one, STAMP), seconds, attempts)


def table_of(number):
    """A table with a rule, a model and a platform that no other number has."""
    to = rule({"platform": f"p{number}"}, name=f"rule-{number}", model=f"m-{number}")
    return replace(table(rules=(to,)), platforms=frozenset({f"p{number}"}))


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


def test_series_are_bounded_over_many_tables():
    """However many tables have been in use, rules, models and platforms that are gone are not shown for ever."""
    figures = Figures()
    for number in range(50):
        now = table_of(number)
        figures.keep(now)
        figures.add(ending(message(), Outcome.ACCEPTED, by=now, exchange=f"in.p{number}"))
        figures.add(ending(message(), Outcome.ACCEPTED, by=now, exchange="in.other"))
    routes = {route for route, _, _ in figures.jobs}
    platforms = {platform for platform, _ in figures.messages}
    assert routes == {"base", "rule-48", "rule-49"}
    assert platforms == {"other", "p48", "p49"}
    assert figures.jobs["base", "base-m", "stranger"] == 50


def test_what_an_earlier_table_decided_is_shown_once_more():
    """A count goes at the change after the last time it moved, so that nothing late goes unseen."""
    figures, old, new = Figures(), table_of(1), table_of(2)
    late = ending(message(), Outcome.ACCEPTED, by=old, exchange="in.p1")
    key = ("rule-1", "m-1", "stranger")
    figures.add(late)
    figures.keep(new)
    figures.add(late)
    figures.keep(table_of(3))
    assert figures.jobs[key] == 2
    figures.keep(table_of(4))
    assert key not in figures.jobs


def test_series_of_the_table_in_use_stay():
    """A rule that no message has met for many changes keeps its count while the table has it."""
    figures, own = Figures(), table_of(1)
    figures.add(ending(message(), Outcome.ACCEPTED, by=own, exchange="in.p1"))
    for _ in range(3):
        figures.keep(own)
    assert figures.jobs["rule-1", "m-1", "stranger"] == 1
    assert figures.messages["p1", "stranger"] == 1


def test_flows_are_bounded():
    """However many flows a table allows, those beyond two thousand are told apart less."""
    figures = Figures()
    models = [f"m-{number}" for number in range(3000)]
    for model in models:
        made = ending(message(), Outcome.ACCEPTED)
        made.made.known.model = model
        figures.add(made)
    assert len(figures.flows) == 2001
    assert figures.flows.total() == 3000
    assert max(figures.flows.values()) == 1000
    assert figures.jobs.total() == len(figures.jobs) == 3000


def test_flows_of_earlier_tables_go():
    """What no table in use can decide any more is forgotten as the other figures are."""
    figures = Figures()
    for number in range(50):
        now = table_of(number)
        figures.keep(now)
        figures.add(ending(message(), Outcome.ACCEPTED, by=now, exchange=f"in.p{number}"))
        figures.add(ending(message(), Outcome.ACCEPTED, by=now, exchange="in.other"))
    assert {flow.platform for flow in figures.flows} == {"other", "p48", "p49"}


def test_the_last_letters_of_each_reason_are_remembered():
    """Two of each reason, the newest last, without their bodies."""
    figures = Figures()
    for number in range(5):
        figures.add(ending(b"[]", Outcome.DEAD, exchange=f"in.p{number}"))
    figures.add(ending(message(hops=99), Outcome.DEAD))
    assert {reason: len(notes) for reason, notes in figures.dead_letters.items()} == {
        "malformed": 2,
        "loop": 1,
    }
    assert figures.dead_letters["loop"][0].source_kind == "unknown"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expired"),
        ({"source": {"platform": "hub"}}, "platform_mismatch"),
        ({"hops": 99}, "loop"),
    ],
)
def test_a_letter_has_the_id_that_its_message_states(wrong, reason):
    """However early a message that could be read has died, its own id is remembered, or none."""
    figures = Figures()
    stated = message(**wrong)
    unnamed = {name: value for name, value in stated.items() if name != "message_id"}
    figures.add(ending(stated, Outcome.DEAD))
    figures.add(ending(unnamed, Outcome.DEAD))
    assert [note.message_id for note in figures.dead_letters[reason]] == ["m-1", ""]
