import errno

import pytest

from routing.decide import Router
from routing.load_table import load_table
from worker.capture.capture import Capture
from worker.capture.captured_line import Kept
from worker.pipeline.delivery import Delivery
from worker.pipeline.pipeline import Limits, Pipeline

TABLE = b"""
model: {default: m, routes: [{match: {metadata.tier: gold}, model: gold}]}
platforms: {telegram: {}}
"""
HELLO = b'{"text":"hello","source":{"chat_id":"1"}}'
GOLD = b'{"text":"hello","source":{"chat_id":"1"},"metadata":{"tier":"gold"}}'


@pytest.fixture
def capture():
    """Make a capture: `lines` are its lines, `ended` how often it has had enough."""

    def make(write=None, most=None, *, metadata=True):
        table = load_table(TABLE, {}).table
        assert table is not None
        lines: list[bytes] = []
        ended: list[bool] = []
        kept = Kept(bodies=False, metadata=metadata, max_body=1000)
        made = Capture(
            kept,
            Pipeline(Router(table), Limits()),
            write or lines.append,
            most,
            lambda: ended.append(True),
        )
        return made, lines, ended

    return make


def deliveries(*bodies):
    return [Delivery(tag, body, "in.telegram", "k") for tag, body in enumerate(bodies, start=1)]


def test_it_ends_after_as_many_as_were_asked_for(capture):
    """What comes with the last one, or after it, is not captured; what is left out does not count."""
    made, lines, ended = capture(most=2)
    made.take(deliveries(b"no JSON", HELLO, HELLO, HELLO))
    made.take(deliveries(HELLO))
    assert (made.captured, len(lines), len(ended)) == (2, 2, 1)
    first, second = made.lines()
    assert (first, "left out 1" in second) == ("captured 2 messages", True)


def test_lines_that_are_decided_otherwise_are_counted(capture):
    """Without metadata, the one message that a rule knows by its metadata is told of."""
    made, _, _ = capture(metadata=False)
    made.take(deliveries(HELLO, GOLD, HELLO))
    assert made.otherwise == 1
    assert "1 of them are decided otherwise" in list(made.lines())[-1]
    whole, _, _ = capture()
    whole.take(deliveries(HELLO, GOLD, HELLO))
    assert (whole.otherwise, len(list(whole.lines()))) == (0, 1)


def test_it_ends_where_nothing_more_can_be_written(capture):
    """A full disk ends it, and it knows why and how many are written."""

    def full(_line: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    made, _, ended = capture(write=full)
    made.take(deliveries(HELLO, HELLO))
    assert (made.captured, len(ended)) == (0, 1)
    assert made.failed is not None
    assert made.failed.errno == errno.ENOSPC
