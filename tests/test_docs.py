"""The pages for feeders and runners say what is so."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts import DeadReason, InboundMessage, TurnJob, turn_id
from contracts.hub_frame import HubFrame
from contracts.turn_job import TurnSource

ROOT = Path(__file__).parent.parent
FEEDING = ROOT / "docs" / "feeding.md"
RUNNING = ROOT / "docs" / "running-turns.md"
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
