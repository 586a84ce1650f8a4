"""A report is small whatever it is about, and says what `/metrics` says."""

import json
from dataclasses import replace

import pytest

from tests.routing.loading import table as loaded
from tests.routing.tables import rule, table
from tests.worker.overview.reports import flow, note, report
from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.overview.report import LARGEST, Report, Unreadable
from worker.overview.reporter import Reporter
from worker.service.outcome import Ending, Outcome
from worker.service.readiness import Readiness
from worker.service.table_news import TableNews, TableRefusal
from worker.settings import Settings

SETTINGS = Settings.load({"worker_id": "one", "partitions": "4"}, {}, {})


def reporter(readiness, by=None) -> Reporter:
    return Reporter(SETTINGS, readiness, lambda: by or table())


def test_a_report_is_read_as_it_was_written():
    """Encoding and decoding change nothing."""
    whole = report("one", 5, {flow(): 3}, served={0: 1.5, "web": 2.0}, dead_letters=(note("loop"),))
    assert Report.decode(whole.encode()) == whole


def test_a_later_minor_version_is_read():
    """Fields that we do not know are left alone; another major version is not ours."""
    said = {**json.loads(report().encode()), "version": "1.7", "new": 1}
    assert Report.decode(json.dumps(said).encode()).worker == "one"
    with pytest.raises(Unreadable):
        Report.decode(json.dumps({**said, "version": "2"}).encode())


@pytest.mark.parametrize("text", ["x", "\x00", "語", '"'])
def test_a_report_is_small_whatever_names_there_are(text):
    """However long and many rules, models and letters are, a report is 32 KiB at most."""
    rules = tuple(
        rule(
            {"platform": f"p{number}"}, name=f"{text * 300}{number}", model=f"{text * 300}{number}"
        )
        for number in range(1500)
    )
    large = replace(table(rules=rules), isolated_platforms=frozenset(map(str, range(500))))
    readiness, make = Readiness("0123456789ab", 4, problem=text * 5000), pipeline(large)
    for number in range(1500):
        one = delivery(message(), exchange=f"in.p{number}")
        readiness.figures.add(Ending(Outcome.ACCEPTED, one, make(one, STAMP), 0.1, 1))
        readiness.figures.last_delivery[number] = 1.0
    made = reporter(readiness, large).report()
    body = made.encode()
    assert len(body) <= LARGEST
    read = Report.decode(body)
    assert sum(each.number for each in read.flows) + read.flows_left_out == 1500
    assert len(read.rules) + read.rules_left_out == 1501
    assert read.ends == made.ends


def test_flows_are_what_ended():
    """Rule, model, queue, outcome and reason are those of each delivery; what is released is none."""
    by = loaded("""
        model:
          default: base-m
          routes:
            - {match: {platform: slack}, name: to slack, model: big, queue: vip}
            - {match: {platform: irc}, name: no irc, deny: true}
    """)
    readiness = Readiness("0123456789ab", 4)
    for platform, outcome in (
        ("telegram", Outcome.ACCEPTED),
        ("telegram", Outcome.RELEASED),
        ("telegram", Outcome.DUPLICATE),
        ("slack", Outcome.ACCEPTED),
        ("irc", Outcome.DEAD),
    ):
        one = delivery(message(), exchange=f"in.{platform}")
        readiness.figures.add(Ending(outcome, one, pipeline(by)(one, STAMP), 0.1, 1))
    said = reporter(readiness, by).report()
    kind = "stranger"
    assert {tuple(each.flow) for each in said.flows} == {
        ("other", kind, "base", "base-m", "", "accepted", ""),
        ("other", kind, "base", "base-m", "", "duplicate", ""),
        ("slack", kind, "to slack", "big", "vip", "accepted", ""),
        ("irc", kind, "no irc", "", "", "dead", "denied"),
    }
    assert {each.name: each.hits for each in said.rules} == {"to slack": 1, "no irc": 1, "base": 2}
    (letter,) = said.dead_letters
    assert (letter.reason, letter.detail) == ("denied", "denied by `no irc`")


def test_a_report_counts_what_the_metrics_count():
    """Ends, latency and what was retried are the same figures that `/metrics` shows."""
    readiness = Readiness("0123456789ab", 4)
    figures = readiness.figures
    for body, outcome, attempts in ((message(), Outcome.ACCEPTED, 3), (b"[]", Outcome.DEAD, 1)):
        one = delivery(body)
        figures.add(Ending(outcome, one, pipeline()(one, STAMP), 0.02, attempts))
    said = reporter(readiness).report()
    assert {(end.outcome, end.reason): end.number for end in said.ends} == figures.deliveries
    assert said.latency.counts == tuple(figures.seconds.cumulative)
    assert (said.counts.retries, said.latency.sum) == (2, figures.seconds.sum)


def test_a_report_says_how_the_worker_is():
    """Why it is not ready, and what became of its table, are in it; each has the next number."""
    news = TableNews(restart=("partitions",), left={"turns.a": 2})
    news.refused = TableRefusal(news.loaded_at, ("no model",))
    readiness = Readiness("0123456789ab", 4, problem="gone", draining=True, news=news)
    made = reporter(readiness)
    said = made.report()
    assert (said.state.ready, said.state.draining, said.state.problem) == (False, True, "gone")
    told = said.table
    assert (told.digest, told.refused, told.restart_needed) == ("0123456789ab", True, True)
    assert (told.left_queues, said.partitions.consumed, said.partitions.numbered) == (1, 0, 4)
    assert (said.sequence, made.report().sequence) == (1, 2)
