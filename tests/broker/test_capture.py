"""What a capture writes down, and what the commands make of it that work without a broker."""

import json
import os
import signal
import stat
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pytest

from tests.broker.client import Client
from tests.broker.service import COMMAND, PATIENCE, eventually, wait_until
from tests.broker.shadowed import KEY, MESSAGES, SAID, TABLE, message, publish_all

UNREADABLE = 2  # of the messages, and one of those may hold a key


class Captured:
    """A `pointsman capture` that runs, and what it says."""

    def __init__(self, process: subprocess.Popen[bytes], errors: Path) -> None:
        self.process = process
        self._errors = errors

    @property
    def said(self) -> str:
        return self._errors.read_text("utf-8")

    def wait_open(self) -> None:
        wait_until(lambda: '"looking on"' in self.said, "it looks on")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def environ(vhost_url: str) -> dict[str, str]:
    outside = {k: v for k, v in os.environ.items() if not k.startswith("POINTSMAN_")}
    return {**outside, "POINTSMAN_AMQP_URL": vhost_url}


@pytest.fixture
def capture(environ, tmp_path) -> Iterator[Callable[..., Captured]]:
    """Start `pointsman capture` with these arguments; it looks on already."""
    (tmp_path / "pointsman.yaml").write_text(json.dumps(TABLE), encoding="utf-8")
    with ExitStack() as started:

        def start(*arguments: str, stdout: IO[bytes] | int | None = None) -> Captured:
            errors = tmp_path / "capture.log"
            process = subprocess.Popen(
                [*COMMAND, "capture", *arguments],
                env=environ,
                cwd=tmp_path,
                stdout=stdout,
                stderr=started.enter_context(errors.open("wb")),
            )
            if process.stdout is not None:
                started.enter_context(process.stdout)
            started.callback(process.wait)
            started.callback(process.kill)
            captured = Captured(process, errors)
            captured.wait_open()
            return captured

        yield start


@pytest.fixture
def pointsman(environ, tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command that needs no broker."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def decided(answer: dict[str, Any]) -> tuple[str, ...]:
    """What `route` answered, as far as the log of a worker says it too."""
    if "dead" in answer:
        return (answer["dead"]["reason"],)
    return answer["route"]["name"], answer["source"]["source_kind"], answer["conversation_id"]


def logged(line: dict[str, Any]) -> tuple[str, ...]:
    if line["outcome"] == "dead":
        return (line["reason"],)
    return line["route"], line["source_kind"], line["conversation"]


async def test_a_capture_is_decided_as_the_worker_decided(
    vhost_url, capture, pointsman, run_pointsman, tmp_path
):
    """`route` decides captured lines as the real worker did; nothing said is in them, and no key."""
    real = run_pointsman(TABLE)
    capturing = capture("--out", "captured.jsonl")
    path = tmp_path / "captured.jsonl"
    async with Client(vhost_url) as client:
        await publish_all(client)
        await eventually(lambda: len(real.logged("delivery")) == len(MESSAGES), "all ended")
        count = len(MESSAGES) - UNREADABLE
        await eventually(lambda: len(path.read_text().splitlines()) == count, "all captured")
    assert capturing.end(signal.SIGTERM) == 0
    assert f"captured {count} messages" in capturing.said
    assert f"left out {UNREADABLE}" in capturing.said
    assert "otherwise" not in capturing.said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text("utf-8")
    assert [canary for canary in (SAID, KEY) if canary in text + capturing.said] == []

    routed = pointsman("route", "captured.jsonl")
    expected = Counter(map(logged, real.logged("delivery")))
    expected[("malformed",)] -= UNREADABLE
    assert Counter(decided(json.loads(line)) for line in routed.stdout.splitlines()) == +expected
    first = text.splitlines()[0]
    (tmp_path / "one.json").write_text(first)
    assert "owner on telegram -> routes[1] -> own.queue" in pointsman("explain", "one.json").stdout


async def test_a_capture_is_compared_as_the_messages_are(vhost_url, capture, pointsman, tmp_path):
    """`diff --against` a capture without content finds the moves that it finds against the messages themselves."""
    (tmp_path / "new.yaml").write_text(json.dumps({**TABLE, "smart_model_routing": {}}))
    whole = [
        {"exchange": f"in.{platform}", "routing_key": "", "body": body}
        for platform, body in MESSAGES
        if not isinstance(body, bytes)
    ]
    (tmp_path / "whole.jsonl").write_text("".join(json.dumps(each) + "\n" for each in whole))
    with (tmp_path / "captured.jsonl").open("wb") as file:
        capturing = capture("--count", str(len(whole)), stdout=file)
        async with Client(vhost_url) as client:
            for platform, body in MESSAGES:
                if not isinstance(body, bytes):
                    await client.publish(platform, body)
        assert capturing.process.wait(PATIENCE) == 0
    tables = ("pointsman.yaml", "new.yaml", "--format", "json", "--against")
    by_capture, by_whole = (
        pointsman("diff", *tables, f"{name}.jsonl") for name in ("captured", "whole")
    )
    assert (by_capture.returncode, by_whole.returncode) == (1, 1), by_capture.stderr
    assert json.loads(by_capture.stdout) == json.loads(by_whole.stdout)
    same = pointsman("diff", "new.yaml", "new.yaml", "--against", "captured.jsonl")
    assert same.returncode == 0, same.stdout


async def test_bodies_are_kept_where_asked_for_and_keys_never(vhost_url, capture, tmp_path):
    """With `--bodies` what was said is there, also what cannot be read, and no key."""
    capturing = capture("--bodies", "--out", "captured.jsonl")
    path = tmp_path / "captured.jsonl"
    async with Client(vhost_url) as client:
        await publish_all(client)
        await client.publish("telegram", message(99), headers={"token": KEY, "h": {"secret": KEY}})
        await eventually(lambda: len(path.read_text().splitlines()) == len(MESSAGES), "all")
    assert capturing.end(signal.SIGINT) == 0
    assert f"captured {len(MESSAGES)} messages" in capturing.said
    lines = lines_of(path)
    assert KEY not in path.read_text("utf-8")
    assert sum(SAID in json.dumps(line) for line in lines) >= len(MESSAGES) - 5
    assert [line for line in lines if "body_base64" in line]
    assert lines[-1]["properties"]["headers"]["h"] == {"secret": "[redacted]"}


async def test_lines_are_appended_until_told_to_end(vhost_url, capture, tmp_path):
    """A second capture adds to the file of the first; `--seconds` and a reader who leaves end one."""
    for number in range(2):
        capturing = capture("--out", "captured.jsonl", "--count", "1")
        async with Client(vhost_url) as client:
            await client.publish("telegram", message(number))
        assert capturing.process.wait(PATIENCE) == 0
    bodies = [line["body"]["message_id"] for line in lines_of(tmp_path / "captured.jsonl")]
    assert bodies == ["0", "1"]
    assert capture("--seconds", "0.5").process.wait(PATIENCE) == 0
    capturing = capture(stdout=subprocess.PIPE)
    assert capturing.process.stdout is not None
    capturing.process.stdout.close()
    async with Client(vhost_url) as client:
        await client.publish("telegram", message(3))
    capturing.process.wait(PATIENCE)
    assert all(line.startswith("{") for line in capturing.said.splitlines()), capturing.said


async def test_a_reader_who_does_not_read_keeps_nobody(vhost_url, capture):
    """Where its lines are not taken, more interrupts end it without a traceback."""
    capturing = capture("--bodies", stdout=subprocess.PIPE)
    async with Client(vhost_url) as client:
        for number in range(100):
            await client.publish("telegram", message(number, text="x" * 10_000))

    def ended() -> bool:
        capturing.process.send_signal(signal.SIGINT)
        return capturing.process.poll() is not None

    await eventually(ended, "it has ended")
    # The third one kills it, if Python has not ended by then.
    assert capturing.process.returncode in {130, -signal.SIGINT}
    assert "Traceback" not in capturing.said
