import io
import json

import pytest

from worker.batch import Refusal
from worker.log import open_log
from worker.service.refusal_log import RefusalLog

FULL = "refused by the queue, which may be full"


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def refusals(stream):
    return RefusalLog(open_log("json", "info", stream))


def lines(stream):
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [(line["queue"], line["publishes"]) for line in said]


def refusal(queue="a", why=FULL):
    return Refusal(1, queue, why)


def test_the_first_refusal_is_told_at_once(refusals, stream):
    """A queue that begins to refuse is a warning with its name and reason, without delay."""
    refusals.write([refusal()], 100.0)
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["event"], line["level"], line["queue"]) == ("refused", "warning", "a")
    assert line["why"] == FULL


def test_refusals_after_that_are_a_number_now_and_then(refusals, stream):
    """What a queue refuses within 5 s is one line, with how many publishes it was."""
    for tenth in range(120):
        refusals.write([refusal(), refusal()], 100.0 + tenth / 10)
    assert lines(stream) == [("a", 1), ("a", 100), ("a", 100)]


def test_each_queue_and_reason_has_its_lines(refusals, stream):
    """One queue that refuses does not hide another, nor one reason another."""
    refusals.write([refusal("a"), refusal("b"), refusal("a", "returned")], 100.0)
    assert lines(stream) == [("a", 1), ("b", 1), ("a", 1)]


def test_nothing_is_left_out(refusals, stream):
    """What was kept in mind is told when the link is closed, and after that all is new."""
    for _ in range(10):
        refusals.write([refusal()], 100.0)
    refusals.flush()
    refusals.write([refusal()], 100.1)
    refusals.flush()
    assert lines(stream) == [("a", 1), ("a", 9), ("a", 1)]
