"""The pages for feeders and runners say what is so."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import DeadReason, InboundMessage, TurnJob, turn_id
from contracts.hub_frame import HubFrame
from contracts.turn_job import TurnSource
from routing.context import KEYS
from routing.coverage import coverage
from routing.decide import Router
from routing.load_table import load_table
from routing.read_operators import OPERATORS
from routing.read_rule import KEYS as RULE_KEYS
from routing.tried_test import try_test

ROOT = Path(__file__).parent.parent
FEEDING = ROOT / "docs" / "feeding.md"
RUNNING = ROOT / "docs" / "running-turns.md"
ROUTING = ROOT / "docs" / "routing.md"
COOKBOOK = ROOT / "docs" / "cookbook.md"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAX_HOPS = 8
EXAMPLES = [path.read_text("utf-8") for path in sorted((ROOT / "examples").glob("*.py"))]


def blocks(page, language):
    """The code blocks of a page in one language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", page.read_text("utf-8"))


def fields_of(page):
    """Every word that stands as code in the first column of a table."""
    rows = re.findall(r"(?m)^\| (.*?) \|", page.read_text("utf-8"))
    return {word for row in rows for word in re.findall(r"`([a-z_.]+)`", row)}


@pytest.mark.parametrize(
    "block", [*blocks(FEEDING, "python"), *blocks(RUNNING, "python")], ids=lambda code: code[:40]
)
def test_python_in_the_pages_works(block):
    """A block of Python is a piece of an example, or runs by itself without complaint."""
    if not any(block in example for example in EXAMPLES):
        subprocess.run([sys.executable, "-c", block], check=True, cwd=ROOT)


@pytest.mark.parametrize("block", blocks(FEEDING, "json"))
def test_messages_in_the_page_are_valid(block):
    """Every message shown to feeders is one."""
    message = json.loads(block)
    if HubFrame.is_shape_of(message):
        HubFrame.model_validate(message).to_inbound()
    else:
        InboundMessage.model_validate(message)


def test_the_job_in_the_page_is_whole():
    """The job shown to runners is one, with every field that jobs have and no other."""
    (block,) = blocks(RUNNING, "json")
    job = json.loads(block)
    TurnJob.model_validate(job)
    assert job.keys() == TurnJob.model_fields.keys()
    assert job["source"].keys() == TurnSource.model_fields.keys()
    who = job["source"]["platform"], job["agent_id"], job["conversation_id"]
    assert job["turn_id"] == str(turn_id(*who, job["message"]["message_id"]))


def test_the_shell_in_the_page_computes_routing_keys():
    """The lines for other languages print what stands behind them."""
    (block,) = blocks(FEEDING, "sh")
    ran = subprocess.run(["sh", "-c", block], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == re.findall(r"# ([0-9a-f]{32})", block)


def test_every_field_of_a_message_is_explained():
    """The table for feeders names each field of an inbound message."""
    assert InboundMessage.model_fields.keys() - {"source"} <= fields_of(FEEDING)


def test_every_field_of_a_job_is_explained():
    """The table for runners names each field of a turn job."""
    assert TurnJob.model_fields.keys() - {"version"} <= fields_of(RUNNING)


def test_every_dead_reason_is_explained():
    """The page for feeders names each reason for which a letter can be dead."""
    named = re.findall(r"`([a-z_]+)`", FEEDING.read_text("utf-8"))
    assert {reason.value for reason in DeadReason} <= set(named)


@pytest.mark.parametrize("name", ["feeder.py", "runner.py"])
def test_the_examples_are_short(name):
    """The examples that the pages praise for it have fewer than 60 lines."""
    assert len((ROOT / "examples" / name).read_text("utf-8").splitlines()) < 60


def tables(page):
    """The tables of a page: every block of YAML that has a model."""
    return [block for block in blocks(page, "yaml") if re.search(r"(?m)^model:", block)]


@pytest.mark.parametrize(
    ("page", "number", "text"),
    [
        (page.name, number, text)
        for page in (ROUTING, COOKBOOK)
        for number, text in enumerate(tables(page), start=1)
    ],
    ids=lambda value: None if "\n" in str(value) else str(value),
)
def test_every_table_in_the_pages_does_what_it_says(page, number, text):
    """A table shown to people loads, its own tests hold, and they come to every rule."""
    loaded = load_table(text.encode(), {})
    told = [problem.render(f"{page}, table {number}") for problem in loaded.problems]
    assert loaded.table is not None, told
    router = Router(loaded.table)
    tried = [try_test(test, router, NOON, MAX_HOPS) for test in loaded.tests]
    assert tried
    assert [(each.test.name, each.differences) for each in tried if each.differences] == []
    assert coverage(loaded.table, tried).covered == coverage(loaded.table, tried).rules


def test_the_cookbook_has_ten_tables():
    """The page keeps the promise of its title."""
    assert len(tables(COOKBOOK)) == 10


def test_every_fact_and_operator_is_explained():
    """The page on tables names every fact that a rule can ask for, and every operator."""
    named = set(re.findall(r"`([a-z_.<>]+)", ROUTING.read_text("utf-8")))
    assert {*KEYS, *OPERATORS} <= named


def test_every_field_of_a_rule_is_explained():
    """The page on tables names everything that a rule can say."""
    named = set(re.findall(r"`([a-z_]+)", ROUTING.read_text("utf-8")))
    assert set(RULE_KEYS) <= named
