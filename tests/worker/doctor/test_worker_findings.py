import pytest

from tests.worker.doctor.judged import ids
from worker.doctor.ready_answer import ready_answer
from worker.doctor.worker_findings import worker_findings

HERE = ("127.0.0.1", 8080)
READY = {"ready": True, "partitions_consumed": 8, "table": "0123456789ab", "problem": None}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["worker_ready"]),
        ({"ready": False, "problem": "not connected yet"}, ["worker_not_ready"]),
        ({"table": "other"}, ["worker_ready", "worker_table_differs"]),
        ({"table_refused": {"problems": ["x"]}}, ["worker_ready", "worker_table_refused"]),
        ({"needs_restart": ["http"]}, ["worker_ready", "worker_needs_restart"]),
        ({"queues_left": {"turns.old": 3}}, ["worker_ready", "queues_left"]),
    ],
)
def test_what_a_worker_says_of_itself_is_judged(change, expected):
    """Each thing that `/ready` tells has its own name."""
    assert ids(worker_findings(HERE, {**READY, **change}, "0123456789ab")) == expected


def test_what_is_left_is_named():
    """Queues of models that have left the table are named with their jobs."""
    *_, found = worker_findings(HERE, {**READY, "queues_left": {"turns.old": 3}}, None)
    assert "turns.old (3 jobs)" in found.text


def test_a_machine_without_a_worker_is_fine():
    """Where nobody answers there is no worker here, and without an address nobody is asked for."""
    assert ids(worker_findings(HERE, None, None)) == ["worker_elsewhere"]
    assert ids(worker_findings(None, None, None)) == []


def test_nobody_or_somebody_else_at_the_address_is_no_worker():
    """A port on which nobody listens gives no answer, and it takes no longer than it may."""
    assert ready_answer(("127.0.0.1", 1), 1.0) is None
