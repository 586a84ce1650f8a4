from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from worker.service.readiness import Readiness
from worker.service.table_news import TableNews, TableRefusal
from worker.service.totals import Totals


@dataclass
class Link:
    blocked: bool = False
    lost: str | None = None
    paused: bool = False
    channels_open: bool = True
    consumed: int = 8


NOON = datetime(2026, 1, 31, 12, 0, 0, 125_000, tzinfo=UTC)


def serving(**link):
    news = TableNews(loaded_at=NOON)
    return Readiness("0123456789ab", 8, link=Link(**link), problem=None, news=news)


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
        "channels_open": True,
        "partitions": 8,
        "partitions_consumed": 8,
        "publishing_blocked": False,
        "intake_paused": False,
        "draining": False,
        "table": "0123456789ab",
        "table_loaded_at": "2026-01-31T12:00:00.125Z",
        "table_refused": None,
        "needs_restart": [],
        "queues_left": {},
        "problem": None,
    }


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ({"channels_open": False}, "a channel is closed"),
        ({"consumed": 7}, "7 of 8 partitions are consumed"),
    ],
)
def test_a_link_that_cannot_do_all_is_not_ready(link, problem):
    """Without a channel, or with a partition that is not consumed, it is connected and not ready."""
    report = serving(**link).report()
    assert (report["ready"], report["connected"], report["problem"]) == (False, True, problem)
    assert {"channels_open": True, "consumed": 8} | link == {
        "channels_open": report["channels_open"],
        "consumed": report["partitions_consumed"],
    }


def test_a_full_hand_pauses_the_intake_and_is_ready():
    """While what is in hand takes all the memory it may, that is said, and it is ready."""
    report = serving(paused=True).report()
    assert (report["ready"], report["intake_paused"]) == (True, True)


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


def test_a_refused_table_is_told_and_leaves_it_ready():
    """With the last refusal, what needs a restart and queues that hold jobs, it works as before."""
    readiness = serving()
    late = datetime(2026, 1, 31, 15, tzinfo=timezone(timedelta(hours=2)))
    readiness.news.refused = TableRefusal(late, ("t.yaml:1:1: error: no",))
    readiness.news.restart = ("prefetch",)
    readiness.news.left = {"turns.gone": 7}
    report = readiness.report()
    assert report["ready"]
    assert report["table_refused"] == {
        "at": "2026-01-31T13:00:00.000Z",
        "problems": ["t.yaml:1:1: error: no"],
    }
    assert (report["needs_restart"], report["queues_left"]) == (["prefetch"], {"turns.gone": 7})
