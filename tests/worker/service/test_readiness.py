from dataclasses import dataclass

import pytest

from worker.service.readiness import Readiness
from worker.service.totals import Totals


@dataclass
class Link:
    blocked: bool = False
    lost: str | None = None


def serving(**link):
    return Readiness("0123456789ab", 8, link=Link(**link), problem=None)


def test_it_is_not_ready_before_it_is_connected():
    """A worker that has just started says so, and why it is not ready."""
    report = Readiness("0123456789ab", 8).report()
    assert (report["ready"], report["connected"]) == (False, False)
    assert (report["partitions_consumed"], report["problem"]) == (0, "not connected yet")


def test_it_is_ready_while_it_consumes():
    """With an open link and no problem it is ready, and names its table."""
    report = serving().report()
    assert report.pop("totals") == Totals().report()
    assert report == {
        "ready": True,
        "connected": True,
        "partitions_consumed": 8,
        "publishing_blocked": False,
        "draining": False,
        "table": "0123456789ab",
        "problem": None,
    }


def test_a_lost_link_is_told_at_once():
    """It is not ready from the moment the link is lost, before anybody has dealt with it."""
    report = serving(lost="the connection was lost").report()
    assert (report["ready"], report["connected"]) == (False, False)
    assert (report["partitions_consumed"], report["problem"]) == (0, "the connection was lost")


def test_a_broker_that_blocks_publishing_makes_it_unready():
    """While the broker takes no publishes it is connected and not ready."""
    report = serving(blocked=True).report()
    assert (report["ready"], report["connected"]) == (False, True)
    assert report["publishing_blocked"]
    assert "memory or disk alarm" in report["problem"]


def test_what_is_lost_is_not_blocked():
    """A link that was blocked when it was lost is lost."""
    report = serving(blocked=True, lost="gone").report()
    assert (report["publishing_blocked"], report["problem"]) == (False, "gone")


@pytest.mark.parametrize("change", [{"draining": True}, {"problem": "something"}])
def test_a_drain_or_a_problem_makes_it_unready(change):
    """A worker about to leave, or with a problem, takes no part."""
    readiness = serving()
    for name, value in change.items():
        setattr(readiness, name, value)
    assert not readiness.ready
    assert {name: readiness.report()[name] for name in change} == change
