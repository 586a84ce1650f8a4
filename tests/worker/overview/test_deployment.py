"""Sums of what workers say, whatever is lost on the way, comes twice or is made up."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.overview.reports import DIGEST, flow, note, report
from worker.overview.deployment import MOST, Deployment
from worker.overview.history import STEPS
from worker.overview.overview import Overview
from worker.overview.report import Report

AT = datetime(2026, 1, 31, 13, tzinfo=UTC)
DEAD = flow(reason="malformed", route="", model="")


def overview(deployment: Deployment, now: float = 1.0) -> Overview:
    return deployment.overview(now, AT)


def heard(*reports, now: float = 1.0) -> Overview:
    """What these reports come to, all taken at once."""
    deployment = Deployment(0)
    for each in reports:
        deployment.add(each, now)
    return overview(deployment, now)


def codes(seen: Overview) -> list[str]:
    return [problem.code for problem in seen.problems]


# ---- sums


def test_counts_are_those_of_all_workers():
    """Totals, flows, rules and dead letters are sums over everybody who is heard."""
    other = flow("slack", route="r", model="n")
    seen = heard(
        report("one", 1, {flow(): 3, DEAD: 2}, rules={"r": 0, "base": 3}),
        report("two", 1, {flow(): 4, other: 1}, rules={"r": 1, "base": 4}, counts={"retries": 5}),
    )
    assert (seen.totals.accepted, seen.totals.dead, seen.totals.retries) == (8, 2, 5)
    assert {(each.platform, each.route): each.count for each in seen.flows} == {
        ("telegram", "base"): 7,
        ("slack", "r"): 1,
        ("telegram", ""): 2,
    }
    assert [(rule.name, rule.hits) for rule in seen.rules] == [("r", 1), ("base", 7)]
    assert [(each.reason, each.count) for each in seen.dead] == [("malformed", 2)]
    assert codes(seen) == ["dead"]


@dataclass
class Process:
    """A worker's process as it really is."""

    name: str
    started: float
    flows: Counter = field(default_factory=Counter)

    def report(self, at: float):
        return report(self.name, at, self.flows, started=self.started)


@st.composite
def stories(draw):
    """Ten seconds of three workers: what each does in a second, restarts, and what is lost or late."""
    seconds = st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 5), st.booleans(), st.integers(0, 3)),
        min_size=10,
        max_size=10,
    )
    return [draw(seconds) for _ in range(3)]


@given(story=stories())
def test_what_is_lost_or_late_costs_nothing(story):
    """Reports that are dropped, repeated or late, and restarts, change no count in the end."""
    deployment = Deployment(0)
    processes = [Process(name, 0) for name in ("one", "two", "three")]
    heard_dead: Counter[str] = Counter()
    ended_dead = 0
    late: list[Report] = []
    for second in range(10):
        for process, doings in zip(processes, story, strict=True):
            accepted, dead, restarts, fate = doings[second]
            if restarts:
                ended_dead += heard_dead.pop(process.name, 0)
                late = [each for each in late if each.worker != process.name]
                process.started, process.flows = second, Counter()
            process.flows.update({flow(): accepted, DEAD: dead})
            said = process.report(second + 0.5)
            if fate == 1:
                late.append(said)
            if fate > 1 or second == 9:
                deployment.add(said, second + 0.5)
                heard_dead[process.name] = process.flows[DEAD]
            if fate == 3:
                deployment.add(said, second + 0.6)
    for said in late:
        deployment.add(said, 10)
    seen = overview(deployment, 10)
    flows = sum((process.flows for process in processes), Counter())
    assert [view.state for view in seen.workers] == ["ready"] * 3
    assert (seen.totals.accepted, seen.totals.dead) == (flows[flow()], flows[DEAD])
    assert sum(each.count for each in seen.flows) == flows.total()
    assert sum(each.recent for each in seen.dead) == ended_dead + heard_dead.total()


def test_the_rate_is_right_whatever_is_lost():
    """Ten messages a second are ten a second, be every other report lost or none."""
    for step in (1, 2, 3):
        deployment = Deployment(-100)
        for second in range(0, 12, step):
            deployment.add(report("one", second, {flow(): 10 * second}), second)
        seen = overview(deployment, 12)
        assert seen.rates.accepted == pytest.approx(10)
        assert seen.flows[0].rate == pytest.approx(10)
        assert seen.workers[0].rate == pytest.approx(10)


def test_what_was_counted_before_we_listened_is_no_rate():
    """A worker with a million messages behind it, heard for the first time, does nothing per second."""
    deployment = Deployment(0)
    deployment.add(report("one", 5000, {flow(): 1_000_000, DEAD: 1000}), 1)
    seen = overview(deployment)
    assert seen.totals.accepted == 1_000_000
    assert (seen.rates.accepted, seen.dead[0].recent, seen.problems) == (0, 0, ())


def test_what_a_worker_did_after_its_restart_is_new():
    """Figures that begin again from nothing are neither negative nor lost."""
    deployment = Deployment(0)
    deployment.add(report("one", 100, {flow(): 500}, started=-900), 1)
    deployment.add(report("one", 102, {flow(): 20, DEAD: 6}, started=100), 3)
    deployment.add(report("one", 104, {flow(): 40, DEAD: 8}, started=100), 5)
    seen = overview(deployment, 7)
    assert [view.state for view in seen.workers] == ["ready"]
    assert (seen.totals.accepted, seen.rates.accepted, seen.dead[0].recent) == (40, 10, 8)


def test_a_restart_is_no_second_worker():
    """The process before a restart is gone at once, unless it goes on speaking."""
    deployment = Deployment(0)
    deployment.add(report("one", 1, {flow(): 5}), 1)
    deployment.add(report("one", 2, {flow(): 3}, started=2), 2)
    seen = overview(deployment, 2)
    assert (len(seen.workers), seen.totals.accepted, codes(seen)) == (1, 3, [])
    deployment.add(report("one", 3, {flow(): 6}), 3)
    seen = overview(deployment, 3)
    assert (len(seen.workers), seen.totals.accepted, codes(seen)) == (2, 9, ["same_name"])


def test_a_flow_that_was_left_out_before_has_not_come_at_once():
    """In a list that was cut, what appears with a large count was there before."""
    deployment = Deployment(0)
    other = flow("slack")
    deployment.add(report("one", 500, {flow(): 90}, flows_left_out=80), 1)
    deployment.add(report("one", 502, {flow(): 92, other: 93}, flows_left_out=1), 3)
    seen = overview(deployment, 3)
    assert {each.platform: each.rate for each in seen.flows} == {"telegram": 1, "slack": 0}
    assert seen.flows_left_out == 1


def test_latency_is_of_the_last_seconds():
    """Quantiles are of what came within the window, and not of the days before."""
    deployment = Deployment(0)
    deployment.add(report("one", 900, latency=(0, 0, 1000, 1000)), 1)
    deployment.add(report("one", 904, latency=(100, 100, 1100, 1100)), 5)
    seen = overview(deployment, 5)
    assert seen.latency.p50 == pytest.approx(0.005)
    assert seen.latency.counts == (100, 100, 1100, 1100)


# ---- who is there


def test_who_is_silent_is_gone():
    """After five seconds without a word a worker counts no more, and is a problem unless it said so."""
    deployment = Deployment(0)
    deployment.add(report("one", 1, {flow(): 5}), 1)
    deployment.add(report("two", 1, {flow(): 7}, state={"ready": False, "draining": True}), 1)
    deployment.add(report("three", 1, {flow(): 9}), 1)
    deployment.add(report("three", 5, {flow(): 9}), 5)
    seen = overview(deployment, 7)
    assert {view.id: view.state for view in seen.workers} == {
        "one": "silent",
        "two": "left",
        "three": "ready",
    }
    assert seen.totals.accepted == 9
    assert [(each.code, each.workers) for each in seen.problems] == [("silent", ("one",))]


def test_the_gone_are_forgotten():
    """Two minutes later nobody speaks of them any more."""
    deployment = Deployment(0)
    deployment.add(report("one", 1), 1)
    assert [view.id for view in overview(deployment, 120).workers] == ["one"]
    assert overview(deployment, 122).workers == ()


def test_a_partition_is_of_who_got_something_last():
    """Each partition names the worker whose last delivery from it is the youngest."""
    deployment = Deployment(0)
    deployment.add(report("one", 1, served={0: 90.0, 1: 0.5}), 1)
    deployment.add(report("two", 3, served={0: 2.0, "web": 1.0}), 3)
    partitions = {each.partition: each for each in overview(deployment, 4).partitions}
    assert (partitions[0].worker, partitions[0].ago) == ("two", 3.0)
    assert (partitions[1].worker, partitions[1].ago) == ("one", 3.5)
    assert (partitions[2].worker, partitions[2].ago) == (None, None)
    assert list(partitions) == [0, 1, 2, 3]
    views = {view.id: view.partitions_served for view in overview(deployment, 4).workers}
    assert views == {"one": 1, "two": 1}


def test_letters_are_the_last_of_each_reason():
    """However many there are of one reason, the others are shown as well."""
    many = tuple(note("malformed", at) for at in range(20, 0, -1))
    seen = heard(report("one", dead_letters=(*many, note("denied"))), report("two"))
    reasons = [letter.reason for letter in seen.dead_letters]
    assert reasons == ["malformed"] * 4 + ["denied"]
    assert {letter.worker for letter in seen.dead_letters} == {"one"}


# ---- what is wrong


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("not_ready", {"state": {"ready": False, "problem": "not connected"}}),
        ("lanes_held", {"state": {"lanes_held": 3}}),
        ("dead", {"flows": {DEAD: 1}}),
        ("tables", {"table": {"digest": "other"}}),
        ("table_refused", {"table": {"refused": True}}),
        ("paused", {"state": {"paused": True}}),
        ("restart_needed", {"table": {"restart_needed": True}}),
        ("left_queues", {"table": {"left_queues": 2}}),
        ("same_name", {"worker": "one", "started": -50}),
    ],
)
def test_what_is_wrong_is_told(code, given):
    """Each thing that can be wrong with a worker is a line that names it."""
    wrong = heard(report("one", 1), report(**{"worker": "two", "at": 1, **given}))
    assert codes(wrong) == [code]
    assert codes(heard(report("one", 1), report("two", 1))) == []


def test_what_was_asked_for_is_nothing_wrong():
    """Letters that are dead because the table says so are no warning."""
    letters = {flow(reason=reason): 9 for reason in ("denied", "rate_limited", "loop", "expired")}
    assert codes(heard(report("one", 1, letters))) == []


def test_the_worst_comes_first():
    """A worker that is not ready comes before letters, and those before a table."""
    seen = heard(
        report("one", 1, {DEAD: 1}, table={"digest": "other"}),
        report("two", 1, state={"ready": False, "problem": "the broker is gone"}),
    )
    assert codes(seen) == ["not_ready", "dead", "tables"]
    assert seen.problems[0].text == "two is not ready: the broker is gone"
    assert seen.problems[0].severity == "problem"


def test_nobody_is_a_problem_once_they_had_time():
    """That no worker is heard is told after three seconds."""
    deployment = Deployment(0)
    assert codes(overview(deployment, 1)) == []
    assert codes(overview(deployment, 3)) == ["nobody"]


# ---- history


def test_history_is_ten_minutes():
    """Each step has its rates, those without a worker are empty, and the oldest go."""
    deployment = Deployment(0)
    for second in range(21):
        deployment.add(report("one", second, {flow(): 10 * second}), second)
        overview(deployment, second)
    seen = overview(deployment, 20.5)
    assert [point and round(point.accepted) for point in seen.history] == [10, 10, 10, 10]
    seen = overview(deployment, 40)
    assert seen.history[-4:] == (None,) * 4
    for second in range(40, 3000, 5):
        overview(deployment, second)
    assert len(overview(deployment, 3000).history) == STEPS


def test_dead_letters_are_recent_for_ten_minutes():
    """What died is counted for the time that the history is about, and not longer."""
    deployment = Deployment(0)
    for second in range(700):
        deployment.add(report("one", second, {DEAD: min(second, 7)}), second)
        seen = overview(deployment, second)
        assert second != 500 or seen.dead[0].recent == 7
    seen = overview(deployment, 700)
    assert (seen.dead[0].count, seen.dead[0].recent) == (7, 0)


# ---- hostile


def test_more_workers_than_there_is_room_for_are_told_of():
    """Whoever makes up workers fills the room, and no more; those who are gone make room."""
    deployment = Deployment(0)
    for number in range(MOST + 20):
        deployment.add(report(f"w-{number}", 1), 1)
    seen = overview(deployment)
    assert (len(seen.workers), seen.workers_left_out) == (MOST, 20)
    assert codes(seen) == ["left_out"]
    deployment.add(report("late", 20), 20)
    assert "late" in {view.id for view in overview(deployment, 20).workers}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def hostile_bodies(draw):
    """A report with anything in the place of something, or anything at all."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=200))
    said = json.loads(report("one", draw(st.floats(0, 100)), {flow(): 3, DEAD: 1}).encode())
    place = said
    while True:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            place = inner
            continue
        place[key] = draw(VALUES)
        return json.dumps(said).encode()


@given(bodies=st.lists(hostile_bodies(), min_size=1, max_size=8))
def test_whatever_comes_is_survived(bodies):
    """No body raises, and the overview stays one that can be sent and read."""
    deployment = Deployment(0)
    deployment.add(report("one", 1, {flow(): 2}), 0.5)
    for place, body in enumerate(bodies):
        deployment.take(body, 1.0 + place)
    seen = overview(deployment, 2.0 + len(bodies))
    assert Overview.decode(json.dumps(seen.to_json()).encode()) == seen


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[" * 100_000, b"\xff", b"NaN", b'{"version":"2"}', b"x" * 70_000]
)
def test_what_is_no_report_is_counted(body):
    """What nobody can read is a warning, and nothing else happens."""
    deployment = Deployment(0)
    deployment.take(body, 1)
    deployment.add(report("one", 1), 1)
    seen = overview(deployment)
    assert (seen.unreadable, codes(seen)) == (1, ["unreadable"])
    assert seen.tables[0].digest == DIGEST
