import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

POINTSMAN = Path(sys.executable).parent / "pointsman"
DATA = Path(__file__).parent.parent / "data"


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


CASES = [case for case in lines_of("routing.jsonl") if "message" in case]
EVENTS = lines_of("gateway_events.jsonl")


def table_of(case: dict[str, Any]) -> str:
    return str(case.get("config_text") or json.dumps(case["config"]))


@cache  # one process for all messages of a table: most of its time is starting up
def answers(table: str, folder: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """The answer to each case with this table, by its id; and all that was printed."""
    cases = [case for case in CASES if table_of(case) == table]
    file = folder / f"{cases[0]['id']}.yaml"
    file.write_text(table, encoding="utf-8")
    messages = "".join(json.dumps(case["message"]) + "\n" for case in cases)
    done = route(file, messages)
    lines = done.stdout.splitlines()
    assert len(lines) == len(cases)
    found = {case["id"]: json.loads(line) for case, line in zip(cases, lines, strict=True)}
    return found, done.stdout + done.stderr


def route(table: Path, messages: str, *more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [POINTSMAN, "route", "--config", table, "--trust", "open", *more],
        input=messages,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the tables of all cases are written."""
    return tmp_path_factory.mktemp("tables")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['why']}")
def test_a_worked_case_is_routed_as_it_says(case, folder):
    """`pointsman route` answers a worked case with the job, or the dead reason, that it expects."""
    found, printed = answers(table_of(case), folder)
    answer, expect = found[case["id"]], dict(case["expect"])
    if "dead" in expect:
        assert answer["dead"]["reason"] == expect.pop("dead")
        assert answer["dead"]["detail"]
    for name, value in expect.pop("runtime", {}).items():
        assert answer["runtime"][name] == value, name
    for name, value in expect.pop("source", {}).items():
        assert answer["source"][name] == value, name
    if "source_kind" in expect:
        assert answer["source"]["source_kind"] == expect.pop("source_kind")
    if "allow_control" in expect:
        assert answer["allow_control"] is expect.pop("allow_control")
    if "override_ignored" in expect:
        assert bool(answer["route"]["override_ignored"]) is expect.pop("override_ignored")
    if "absent_text" in expect:
        assert expect.pop("absent_text") not in printed
    assert not expect, "the case expects something that this test does not look at"


@pytest.mark.parametrize("chat_type", ["dm", "group", "channel", "thread"])
def test_events_of_gateways_are_messages_as_they_are(chat_type, tmp_path):
    """The events that hub gateways send become jobs of their platform, in any type of chat."""
    table = tmp_path / "pointsman.yaml"
    table.write_text("model: m\n", encoding="utf-8")
    events = [{**event, "source": {**event["source"], "chat_type": chat_type}} for event in EVENTS]
    done = route(table, "".join(json.dumps(event) + "\n" for event in events))
    jobs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(jobs) == len(events)
    for event, job in zip(events, jobs, strict=True):
        assert job["message"]["text"] == event["text"]
        assert job["source"]["chat_type"] == chat_type
        local = event["source"]["platform"] == "local"
        assert job["source"]["platform"] == ("cli" if local else event["source"]["platform"])
    assert len({job["conversation_id"] for job in jobs}) == len(jobs)
