"""The example feeder and runner, as processes on a real broker, where the demo does not reach."""

import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from contracts import turn_queue
from tests.broker.service import eventually
from worker.demo.line_process import LineProcess

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parent.parent.parent
JOB = json.loads((ROOT / "tests/data/golden/turn_job.json").read_text("utf-8"))
MODEL = "my-fast-model"


@asynccontextmanager
async def example(name, url, *arguments):
    """Run an example; gives the reports that it prints, as they come."""
    reports: list[dict[str, object]] = []

    def heard(line):
        if line.startswith("{"):
            reports.append(json.loads(line))

    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    process = await LineProcess.start(
        name, command, {**os.environ, "POINTSMAN_AMQP_URL": url}, heard
    )
    try:
        yield reports, process
    finally:
        process.kill()


@pytest.fixture
def prefix():
    return f"examples-{uuid4().hex[:6]}."


def job(**changes):
    """A turn job with text, which has not expired; `changes` go over its fields."""
    message = {"message_id": "m", "text": "hello"}
    return JOB | {"message": message, "expires_at": None, "reply_to": None} | changes


@asynccontextmanager
async def running(broker, prefix):
    """A runner of one model; gives how to publish to it, its reports, and its rejections."""
    async with await aio_pika.connect(broker.url()) as connection:
        channel = await connection.channel()
        dead = await channel.declare_queue(f"{prefix}dead", exclusive=True)
        dead_lettering: dict[str, Any] = {
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead.name,
        }
        queue = await channel.declare_queue(
            turn_queue(MODEL, prefix), auto_delete=True, arguments=dead_lettering
        )

        async def publish(body):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            await channel.default_exchange.publish(aio_pika.Message(data), queue.name)

        async with example("runner.py", broker.url(), MODEL, "--prefix", prefix) as (reports, _):
            yield publish, reports, dead, channel


async def test_the_runner_runs_a_turn_once(broker, prefix):
    """A job that comes twice is run once; another attempt at the same turn is run."""
    async with running(broker, prefix) as (publish, reports, _, _):
        for attempt in (1, 1, 2):
            await publish(job(attempt=attempt))
        await eventually(lambda: len(reports) == 3, "three reports")
    assert [report["outcome"] for report in reports] == ["done", "repeat", "done"]


async def test_the_runner_runs_what_cannot_be_told_apart(broker, prefix):
    """Two jobs whose message had no id of its own may be two messages, and both are run."""
    async with running(broker, prefix) as (publish, reports, _, _):
        for _ in range(2):
            await publish(job(message_id_derived=True))
        await eventually(lambda: len(reports) == 2, "two reports")
    assert [report["outcome"] for report in reports] == ["done", "done"]


@pytest.mark.parametrize(
    "body",
    [
        b"no job",
        job(expires_at="2026-01-01T00:00:00Z"),
        job(message={"message_id": "m", "media_urls": ["https://files.example/a.png"]}),
    ],
    ids=["unreadable", "expired", "without text"],
)
async def test_the_runner_rejects_what_it_cannot_run(broker, prefix, body):
    """What is no job, has expired or has no text becomes a dead letter, and the next job is run."""
    async with running(broker, prefix) as (publish, reports, dead, _):
        await publish(body)
        await publish(job())
        await eventually(lambda: len(reports) == 2, "two reports")
        letter = await eventually(lambda: dead.get(fail=False, no_ack=True), "a dead letter")
    assert [report["outcome"] for report in reports] == ["rejected", "done"]
    assert letter.body == (body if isinstance(body, bytes) else json.dumps(body).encode())


async def test_the_runner_answers(broker, prefix):
    """The answer goes where the job wants it, with the correlation id that it names."""
    async with running(broker, prefix) as (publish, reports, _, channel):
        answers = await channel.declare_queue(exclusive=True)
        await publish(job(reply_to={"routing_key": answers.name, "correlation_id": "c-1"}))
        answer = await eventually(lambda: answers.get(fail=False, no_ack=True), "an answer")
        await eventually(lambda: reports, "a report")
    assert answer.correlation_id == "c-1"
    assert [report["outcome"] for report in reports] == ["done"]


async def test_an_answer_that_nobody_takes_stops_nothing(broker, prefix):
    """A reply address that does not exist does not keep the turn, or the next one, from its end."""
    async with running(broker, prefix) as (publish, reports, _, _):
        nowhere = {"exchange": "no-such-exchange", "routing_key": "x"}
        await publish(job(reply_to=nowhere))
        await publish(job(attempt=2, reply_to=nowhere))
        await publish(job(attempt=3))
        await eventually(lambda: len(reports) == 3, "three reports")
    assert [report["outcome"] for report in reports] == ["done"] * 3


async def test_the_feeder_outlives_its_connection(broker, prefix, tmp_path):
    """After its connection was closed the feeder goes on, and nothing it calls fed is missing."""
    samples = tmp_path / "samples.jsonl"
    message = {"message_id": "LAP", "text": "hello", "source": {"chat_id": "1"}}
    line = {"exchange": "in.telegram", "id": "LAP", "message": message}
    samples.write_text(json.dumps(line) + "\n", encoding="utf-8")
    async with await aio_pika.connect_robust(broker.url()) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(f"{prefix}in.telegram", "topic", durable=True)
        queue = await channel.declare_queue(f"{prefix}entry", durable=True)
        await queue.bind(exchange, "#")
        options = ("--prefix", prefix, "--rate", "200", "--samples", str(samples))
        async with example("feeder.py", broker.url(), *options) as (reports, feeder):
            await eventually(lambda: len(reports) >= 20, "messages are fed")
            broker.close_all_connections()
            before = len(reports)
            await eventually(lambda: len(reports) >= before + 20, "messages are fed again")
            assert await feeder.end(30) == 0
        await channel.ready()
        there = set()
        while found := await queue.get(fail=False, no_ack=True):
            there.add(json.loads(found.body)["message_id"])
        await queue.delete(if_unused=False, if_empty=False)
        await exchange.delete(if_unused=False)
    assert {report["id"] for report in reports} <= there


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [("feeder.py", (), "NOT_FOUND - no exchange"), ("runner.py", (MODEL,), "NOT_FOUND - no queue")],
)
async def test_an_example_ends_where_it_can_do_nothing(broker, prefix, name, arguments, why):
    """Without its exchange or queue an example says so in a line, and its exit code is not 0."""
    async with example(name, broker.url(), *arguments, "--prefix", prefix) as (reports, process):
        code = await eventually(process.ended, "it has ended")
    assert code == 1
    assert reports == []
    (line,) = process.last_lines
    assert line.startswith(f"{name.removesuffix('.py')}: ")
    assert why in line
