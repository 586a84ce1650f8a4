import io
import json

import pytest

from routing.decide import Router
from routing.load_table import load_table
from worker.log import open_log
from worker.pipeline.delivery import Delivery
from worker.pipeline.pipeline import Limits, Pipeline
from worker.service.totals import Totals
from worker.service.window import RepeatWindow
from worker.shadow.shadow import Shadow

SAID = "canary-said"
TABLE = b"""
model:
  default: m
  routes:
    - {name: halves, match: {platform: discord}, split: [{weight: 1, name: a, model: n}]}
platforms: {telegram: {}, discord: {}}
"""


@pytest.fixture
def shadow():
    """A shadow by the table above, and a function that returns what it has logged."""
    table = load_table(TABLE, {}).table
    assert table is not None
    stream = io.StringIO()
    log = open_log("json", "debug", stream)
    made = Shadow(Pipeline(Router(table), Limits()), RepeatWindow(10, 60.0), Totals(), log)
    return made, lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def delivery(platform, **fields):
    message = {"message_id": "1", "text": SAID, "source": {"chat_id": "7"}, **fields}
    return Delivery(1, json.dumps(message).encode(), f"in.{platform}", "k")


def test_a_decision_is_one_line(shadow):
    """It has outcome, platform, source kind, rule, model, queue and variant, and nothing said."""
    made, logged = shadow
    made.take([delivery("discord")])
    (line,) = logged()
    assert SAID not in json.dumps(line)
    names = "event level outcome platform source_kind route model queue variant why".split()
    assert [line[name] for name in names] == [
        *("decision", "info", "accepted", "discord", "stranger"),
        *("halves", "n", "turns.n", "a", "matched"),
    ]


def test_a_dead_one_has_its_reason(shadow):
    """What would be dead is a warning with reason and detail, and names no model."""
    made, logged = shadow
    made.take([delivery("telegram", hops=99)])
    (line,) = logged()
    assert (line["level"], line["outcome"], line["reason"]) == ("warning", "dead", "loop")
    assert "99 hops" in line["detail"]
    assert "model" not in line


def test_a_repeat_is_none_of_a_rule(shadow):
    """A message that a worker would drop as a repeat is said to be one, and counted as one."""
    made, logged = shadow
    made.take([delivery("telegram"), delivery("telegram"), delivery("telegram", message_id="2")])
    assert [line["outcome"] for line in logged()] == ["accepted", "duplicate", "accepted"]
    assert made.summary.fields() == {
        "messages": 3,
        "duplicates": 1,
        "source_kinds": {"stranger": 3},
        "rules": {"base": {"m": 2}},
        "dead": {},
    }
    assert [line.split() for line in made.summary.lines()] == [
        ["3", "messages"],
        ["2", "base", "->", "m"],
        ["1", "repeats,", "dropped"],
    ]


def test_a_fault_of_our_own_is_told_with_its_place(shadow, monkeypatch):
    """A decision that fails inside is an error with type and traceback, not with its text."""
    made, logged = shadow

    def break_down(*_, **__):
        raise RuntimeError(SAID)

    monkeypatch.setattr("worker.pipeline.pipeline.classify", break_down)
    made.take([delivery("telegram")])
    (line,) = logged()
    assert (line["level"], line["error"], line["reason"]) == (
        "error",
        "RuntimeError",
        "internal_error",
    )
    assert SAID not in json.dumps(line)
