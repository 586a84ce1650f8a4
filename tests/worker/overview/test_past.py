"""What a worker did before anybody looked is told, by itself, and shown."""

from datetime import UTC, datetime

import pytest

from contracts import DeadReason
from tests.worker.overview.reports import flow, report, step
from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.overview.deployment import Deployment
from worker.overview.history import STEP, STEPS
from worker.overview.overview import Overview
from worker.overview.past import IN_A_REPORT, Past
from worker.overview.report import LARGEST, PastStep, Report
from worker.service.figures import Figures
from worker.service.outcome import Ending, Outcome

AT = datetime(2026, 1, 31, 13, tzinfo=UTC)
TURNS = STEPS // IN_A_REPORT


def count(figures: Figures, number: int, outcome: Outcome = Outcome.ACCEPTED) -> None:
    """Count so many deliveries; what is dead is malformed."""
    one = delivery(b"[]" if outcome is Outcome.DEAD else message())
    for _ in range(number):
        figures.add(Ending(outcome, one, pipeline()(one, STAMP), 0.02, 1))


def told(past: Past, uptime: float) -> list[PastStep]:
    """What six reports in a row tell."""
    return sorted(each for turn in range(TURNS) for each in past.turn(uptime + turn))


def overview(deployment: Deployment, now: float) -> Overview:
    return deployment.overview(now, AT)


# ---- by the worker


def test_each_step_has_what_ended_in_it():
    """A step counts what has ended since the one before, by outcome, reason and latency."""
    past, figures = Past(), Figures()
    count(figures, 3)
    past.note(figures, 5.001)
    past.note(figures, 10.001)
    count(figures, 2, Outcome.DEAD)
    count(figures, 1, Outcome.DUPLICATE)
    past.note(figures, 14.9)  # not at its end
    past.note(figures, 15.001)
    place = next(at for at, bound in enumerate(figures.seconds.bounds) if bound >= 0.02)
    assert told(past, 15) == [
        PastStep(0, 3, 0, (), ((place, 3),)),
        PastStep(1, 0, 0, (), ()),
        PastStep(2, 0, 1, (("malformed", 2),), ((place, 2),)),
    ]


def test_six_reports_in_a_row_tell_ten_minutes():
    """Whenever somebody begins to listen, each step comes once, and no report has more than its share."""
    past, figures = Past(), Figures()
    for number in range(1, 200):
        past.note(figures, number * STEP)
    for uptime in (995.0, 998.3, 1003.0):
        steps = told(past, uptime)
        assert [each.step for each in steps] == list(range(199 - STEPS, 199))
        assert max(len(past.turn(uptime + turn)) for turn in range(TURNS)) == IN_A_REPORT


def test_a_past_is_small_whatever_was():
    """With every reason and every bucket in every step, and large counts, it fits beside the rest."""
    many, reasons = 2**53, tuple((reason.value, 2**53) for reason in DeadReason)
    latency = tuple((place, many) for place in range(17))
    past = tuple(PastStep(each, many, many, reasons, latency) for each in range(IN_A_REPORT))
    whole = report(past=past, flows={flow(f"p{number}"): 1 for number in range(120)})
    body = whole.encode()
    assert len(body) <= LARGEST
    assert Report.decode(body).past == past


# ---- by who listens


def test_the_first_look_has_the_ten_minutes_before():
    """Workers that started at different times are summed step by step, and what is heard follows."""
    deployment = Deployment(1000)
    for turn in range(1, 8):
        one = step(196 + turn, 50) if turn < 4 else step(190, 5)
        deployment.add(report("one", 1000 + turn, {}, past=(one,)), 1000 + turn)
        two = tuple(step(number, 20, "malformed", 10) for number in (36, 38))
        deployment.add(report("two", 1000 + turn, {}, started=803, past=two), 1000 + turn)
    overview(deployment, 1007)
    for name, started in (("one", 0), ("two", 803)):
        deployment.add(report(name, 1011, {}, started=started), 1011)
    seen = overview(deployment, 1011)
    before = [point and (point.accepted, point.dead) for point in seen.history[:-2]]
    assert before == [(1, 0), *[None] * 6, (14, 2), (10, 0), (14, 2)]
    assert [point and point.p50 for point in seen.history][-3] == pytest.approx(0.055)
    assert seen.dead[0].recent == 20
    assert seen.problems[0].text.startswith("20 dead letters")


def test_what_is_told_twice_counts_once():
    """Steps come again every six seconds, and from a worker that was silent for long."""
    deployment = Deployment(1000)
    for now in (1001, 1007, 1300):
        deployment.add(report("one", now, past=(step(199, 50, "loop", 3),)), now)
        overview(deployment, now)
    assert [each.recent for each in overview(deployment, 1301).dead] == [3]


def test_what_is_heard_is_not_told_again():
    """Steps that end while somebody listens, and what was before the ten minutes, are left out."""
    deployment = Deployment(1000)
    steps = (step(200, 50, "malformed", 9), step(79, 50), step(2**53, 50))
    deployment.add(report("one", 1001, past=steps), 1001)
    seen = overview(deployment, 1001)
    assert (seen.history, seen.dead) == ((), ())


def test_the_past_goes_by():
    """After ten minutes of listening nothing is left of the time before."""
    deployment = Deployment(1000)
    steps = tuple(step(number, 50, "malformed", 1) for number in range(190, 200))
    seen = overview(deployment, 1000)
    for now in range(1001, 1602):
        deployment.add(report("one", now, past=steps), now)
        seen = overview(deployment, now)
        assert now != 1500 or [each.recent for each in seen.dead] == [10]
    assert sum(point is not None and point.accepted > 0 for point in seen.history) == 0
    assert sum(each.recent for each in seen.dead) == 0


def test_a_first_report_is_no_standstill():
    """A step that ends before a rate can be told is no zero in the history."""
    deployment = Deployment(999)
    deployment.add(report("one", 999, {flow(): 500}, past=(step(198, 50),)), 999)
    deployment.add(report("one", 1000, {flow(): 500}), 1000)
    seen = overview(deployment, 1000)
    assert [point and point.accepted for point in seen.history] == [10, None]


def test_a_step_is_shown_once_everybody_has_told_it():
    """What only some have told yet would look like a dip."""
    deployment = Deployment(1000)
    deployment.add(report("idle", 1001, past=(step(198), step(199))), 1001)
    deployment.add(report("busy", 1001, past=(step(198, 50),)), 1001)
    seen = overview(deployment, 1001)
    assert [point and point.accepted for point in seen.history] == [10, None]
    deployment.add(report("busy", 1002, past=(step(199, 100),)), 1002)
    seen = overview(deployment, 1002)
    assert [point and point.accepted for point in seen.history] == [10, 20]


def test_who_is_heard_late_is_added():
    """A step that has been shown is shown anew when another worker tells of it, however late."""
    deployment = Deployment(1000)
    deployment.add(report("one", 1001, past=(step(199, 50),)), 1001)
    assert [point and point.accepted for point in overview(deployment, 1001).history] == [10]
    deployment.add(report("late", 1020, past=(step(199, 100),)), 1020)
    first, *_ = overview(deployment, 1020).history
    assert (first and first.accepted) == 30
