"""The page on adopting says what is so: its commands exist, and those that need no broker run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from worker.amqp.tap import ARGUMENTS
from worker.capture.captured_line import Kept, captured_line
from worker.cli.app import build_app
from worker.log import open_log
from worker.pipeline.delivery import Delivery
from worker.shadow.summary import Summary

PAGE = (Path(__file__).parent.parent / "docs" / "adopting.md").read_text("utf-8")
COMMANDS = [
    line.strip()
    for block in re.findall(r"(?ms)^ *```sh\n(.*?)^ *```$", PAGE)
    for line in block.splitlines()
]
OURS = [line for line in COMMANDS if "pointsman" in line]
NEEDS_A_BROKER = re.compile(r"pointsman (run|capture|topology apply)")
TABLE = {"model": "old", "platforms": {"telegram": {"home_channel": "42"}}}
HELLO = {"text": "hello", "source": {"chat_id": "42", "chat_type": "dm"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two tables, a capture and the log of a shadow, under the names that the page gives them."""
    path = tmp_path_factory.mktemp("adopting")
    (path / "pointsman.yaml").write_text(json.dumps(TABLE))
    (path / "new.yaml").write_text(json.dumps({**TABLE, "model": "new"}))
    delivery = Delivery(1, json.dumps(HELLO).encode(), "in.telegram", "k")
    line = captured_line(delivery, Kept(bodies=False, metadata=True, max_body=1000))
    assert isinstance(line, bytes)
    (path / "week.jsonl").write_bytes(line + b"\n")
    with (path / "shadow.log").open("w") as file:
        log = open_log("json", "info", file)
        log.warning("decision", outcome="dead")
        log.info("summary", **Summary().fields())
    return path


@pytest.mark.parametrize("line", OURS)
def test_every_command_is_one(line):
    """Each command of the page, and each of its options, is known."""
    words = shlex.split(line.rpartition("| ")[2].partition(" 2>>")[0].partition(" >")[0])
    assert words.pop(0) == "pointsman"
    command: Any = typer.main.get_command(build_app())
    context = None
    while hasattr(command, "resolve_command") and words and not words[0].startswith("-"):
        context = command.make_context("pointsman", [*words, "--"], resilient_parsing=True)
        _, command, words = command.resolve_command(context, words)
    command.make_context("pointsman", words, parent=context)


@pytest.mark.parametrize(
    "line", [line for line in COMMANDS if not NEEDS_A_BROKER.search(line)], ids=str
)
def test_what_needs_no_broker_runs(line, folder):
    """Each of the other commands does something and finds nothing wrong, and `diff` finds the change."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {k: v for k, v in os.environ.items() if not k.startswith("POINTSMAN_")}
    ran = subprocess.run(
        ["sh", "-c", line],
        check=False,
        cwd=folder,
        env={**environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == (1 if "diff" in line else 0), ran.stderr
    assert "pointsman:" not in ran.stderr
    assert ran.stdout or "files" in ran.stderr or "file:" in ran.stderr or ">" in line


def test_the_bounds_of_a_shadow_are_told():
    """The page has the bounds that its queue has."""
    assert f"at most {ARGUMENTS['x-max-length']:,} messages" in " ".join(PAGE.split())
    assert f"{ARGUMENTS['x-max-length-bytes'] // 2**20} MiB" in PAGE


def test_the_figures_are_shown_as_they_are():
    """The page shows what a shadow prints at its end."""
    summary = Summary(messages=12_345)
    summary.rules["routes[0]"]["my-strong-model"] = 9_876
    summary.rules["base"]["my-fast-model"] = 2_467
    summary.dead["platform_mismatch"] = 2
    assert "\n".join(summary.lines()) in PAGE
