import pytest

from tests.worker.doctor.judged import content, ids, settings, topology
from worker.doctor.runner_findings import dead_findings, runner_findings

WANTED = topology()


def judged(chosen=None, **depths):
    return list(runner_findings(content(WANTED, **depths), WANTED, chosen or settings()))


def test_jobs_that_nobody_takes_are_a_problem():
    """A model queue with jobs and without a consumer is named, with how many wait."""
    found = judged(turns_m=(3, 0))
    assert ids(found) == ["jobs_without_runner", "runners_idle"]
    assert found[0].text == "nobody consumes turns.m (3 jobs)"


def test_a_queue_without_jobs_may_do_without_runners():
    """Without jobs a queue that nobody consumes is a warning: it may be a fallback's."""
    found = judged(turns_m=(0, 0), turns_n=(0, 0))
    assert ids(found) == ["runners_absent"]
    assert "2 queues without jobs: turns.m, turns.n" in found[0].text


def test_runners_with_and_without_work_are_told_apart():
    """Queues with runners are one line where jobs wait, and one where none does."""
    found = judged(turns_m=(5, 2))
    assert ids(found) == ["runners_consume", "runners_idle"]
    assert "1 model queue with runners, 5 jobs waiting" in found[0].text


def test_many_jobs_are_a_warning():
    """Runners that are ten thousand jobs behind do not keep up."""
    assert "jobs_wait" in ids(judged(turns_m=(10_000, 1)))
    assert "jobs_wait" not in ids(judged(turns_m=(9_999, 1)))


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [(7, None), (8, "model_queue_nearly_full"), (10, "model_queue_full")],
)
def test_a_bounded_queue_near_its_bound_is_told(jobs, expected):
    """From four fifths of turns_max_length on a warning, at the bound a problem."""
    found = ids(judged(settings(turns_max_length=10), turns_m=(jobs, 1)))
    assert found == ["runners_consume", "runners_idle", *filter(None, [expected])]


def test_dead_letters_are_counted():
    """Letters in the dead queue are a warning with their number, and with what shows them."""
    (found,) = dead_findings(content(WANTED, dead=(1234, 0)), WANTED)
    assert found.sign.id == "dead_letters"
    assert found.text == "1,234 dead letters in dead"
    assert "pointsman dead list" in str(found.todo)
    assert ids(dead_findings(content(WANTED), WANTED)) == ["dead_empty"]
    assert ids(dead_findings(content(WANTED, dead=None), WANTED)) == []
