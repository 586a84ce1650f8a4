"""What the processes of the demo say, and what becomes of it."""

import json

import pytest

from worker.demo.flow import Flow
from worker.demo.ledger import MessageKey
from worker.demo.read_dead_letter import DeadMessage
from worker.demo.reports import Reports
from worker.demo.scene import Scene


@pytest.fixture
def scene():
    return Scene("a broker", 1, Flow())


@pytest.fixture
def reports(scene):
    return Reports(scene)


def ran(message_id, outcome, sequence=1):
    return json.dumps(
        {
            "outcome": outcome,
            "message_id": message_id,
            "conversation_id": "c",
            "sequence": sequence,
            "model": "m",
            "source": {"platform": "cli"},
        }
    )


def fed(message_id):
    return json.dumps({"exchange": "in.cli", "id": message_id})


def test_a_message_is_followed_from_feeder_to_runner(scene, reports):
    """What the feeder fed and the runner ran is one message, and accounted for."""
    reports.from_feeder(fed("1"))
    assert scene.ledger.outstanding == 1
    reports.from_runner(ran("1", "done"))
    assert scene.ledger.balanced
    assert scene.ledger.jobs == 1


def test_a_dropped_repeat_and_a_dead_letter_are_accounted_for(scene, reports):
    """The worker's duplicates and the letters in `dead` settle what was fed."""
    for message_id in ("1", "1", "2"):
        reports.from_feeder(fed(message_id))
    reports.from_runner(ran("1", "done"))
    reports.from_worker(
        '{"event":"delivery","outcome":"duplicate","platform":"cli","message_id":"1"}'
    )
    reports.from_dead_queue(DeadMessage(MessageKey("cli", "2"), "loop"))
    assert scene.ledger.balanced


def test_a_rejected_job_waits_for_its_dead_letter(scene, reports):
    """A job that the runner rejected is not accounted for until it is in `dead`."""
    reports.from_feeder(fed("1"))
    reports.from_runner(ran("1", "rejected"))
    assert scene.ledger.outstanding == 1
    reports.from_dead_queue(DeadMessage(MessageKey("cli", "1"), "runner_rejected"))
    assert scene.ledger.balanced


def test_the_worker_says_when_it_is_consuming(reports):
    """Exactly the line `consuming` means that a worker is at work."""
    assert reports.from_worker('{"event":"consuming","level":"info"}')
    assert not reports.from_worker('{"event":"listening","level":"info"}')


@pytest.mark.parametrize("line", ["", "Traceback (most recent call last):", "[]", "null", '"x"'])
def test_what_is_no_report_is_left_out(scene, reports, line):
    """A line that is no report, such as one of a traceback, changes nothing and raises nothing."""
    reports.from_feeder(line)
    reports.from_runner(line)
    assert not reports.from_worker(line)
    assert scene.ledger.balanced
    assert scene.ledger.fed == 0
