"""No key leaves the worker: not one from its table, nor one that somebody wrote into a message."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aio_pika.abc import AbstractIncomingMessage

from tests.broker.client import Client
from tests.broker.service import PointsmanRun, eventually
from worker.demo.private_broker import PrivateBroker

KEY = "canary-key-"  # every key below begins with it, and nothing else does
SAID = "canary-said-"  # so does what people say: it is in jobs and letters, and nowhere else
MODELS = ("m-base", "m-telegram", "m-file", "m-hub", "m-cron", "m-stranger", "m-codex")
PASSWORD = f"{KEY}of-the-broker"
VARIABLES = {"SOME_KEY": f"{KEY}in-a-variable"}


def table(key_file: Path) -> dict[str, Any]:
    """A key in every place where one may be written."""
    return {
        "model": {
            "default": "m-base",
            "api_key": f"{KEY}base",
            "routes": [
                {"match": {"platform": "telegram"}, "model": "m-telegram", "api_key": f"{KEY}r"},
                {"match": {"chat_id": "variable"}, "api_key": "${SOME_KEY}"},
                {"match": {"chat_id": "named"}, "api_key_env": "SOME_KEY"},
                {"match": {"chat_id": "file"}, "model": "m-file", "api_key_file": str(key_file)},
            ],
            "platforms": {"hub": {"model": "m-hub", "api_key": f"{KEY}platform"}},
            "by_source": {
                "cron": {"model": "m-cron", "api_key": f"{KEY}source"},
                "stranger": {"model": "m-stranger", "api_key": f"{KEY}stranger"},
            },
        },
        "runtimes": {"codex": {"model": "m-codex", "api_key": f"{KEY}runtime"}},
        "platforms": {"discord": {}, "slack": {}, "telegram": {}},
    }


KEYS = {
    "api_key": f"{KEY}1",
    "API-Key": f"{KEY}2",
    "token": [f"{KEY}3"],
    "secret": {"deep": f"{KEY}4"},
    "password": f"{KEY}5",
}


def message(number: int, chat: str = "c", **fields: Any) -> dict[str, Any]:
    """A message with keys wherever they are taken out."""
    return {
        "message_id": str(number),
        "text": f"{SAID}text",
        "source": {"chat_id": chat, "chat_type": "dm", "user_id": "u"},
        **KEYS,
        "metadata": {**KEYS, "list": [{"at": {"any": {"depth": KEYS}}}]},
        "override": {**KEYS, "params": {"headers": KEYS}},
        **fields,
    }


GOOD = [
    ("telegram", message(1), "config:model.routes[0].api_key"),
    ("discord", message(2, "variable"), "env:SOME_KEY"),
    ("discord", message(3, "named"), "env:SOME_KEY"),
    ("discord", message(4, "file"), "file:KEY_FILE"),
    ("hub", message(5), "config:model.platforms.hub.api_key"),
    ("cron", message(6), "config:model.by_source.cron.api_key"),
    ("slack", message(7), "config:model.by_source.stranger.api_key"),
    ("cron", message(8, override={"runtime": "codex", **KEYS}), "config:runtimes.codex.api_key"),
    ("telegram", message(9, purpose="memory_flush"), "config:model.api_key"),
    (
        "hub",
        {
            "type": "message",
            **KEYS,
            "data": {"messageId": "10", "from": "peer", "text": f"{SAID}text", **KEYS},
        },
        "config:model.platforms.hub.api_key",
    ),
]
BAD = [
    ("telegram", message(20, text=None)),
    ("telegram", message(21, hops=f"{SAID}hops")),
    ("telegram", message(22, override=f"{SAID}override")),
    ("telegram", message(23, metadata=f"{SAID}metadata")),
    ("telegram", message(24, source={"platform": "discord", "chat_id": "c"})),
    ("telegram", message(25, source=f"{SAID}source")),
    ("telegram", message(26, expires_at="2001-01-01T00:00:00Z")),
    ("telegram", message(27, hops=99)),
    ("telegram", message(28, version=f"{SAID}version")),
    ("telegram", message(29, source={"platform": f"{SAID}PLATFORM !"})),
    ("hub", {"type": "message", "data": {"from": "", "text": "x", **KEYS}, **KEYS}),
    ("hub", {"type": "message", "data": {"from": [], "text": f"{SAID}x", **KEYS}, **KEYS}),
]
TOO_MANY = [("slack", message(number)) for number in range(40, 52)]


@dataclass(frozen=True, slots=True)
class Seen:
    """All that came out of a worker with such a table, fed with such messages."""

    jobs: list[AbstractIncomingMessage]
    letters: list[AbstractIncomingMessage]
    ready: str
    output: str


def everything_in(message: AbstractIncomingMessage) -> str:
    """Properties, headers and body."""
    return f"{message.info()} {message.headers} {message.body.decode(errors='replace')}"


@pytest.fixture(scope="module")
def seen(broker: PrivateBroker, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The worker runs with log level debug, fills a queue, and loses its connections once."""
    directory = tmp_path_factory.mktemp("keys")
    key_file = directory / "KEY_FILE"
    key_file.write_text(f"{KEY}in-a-file")
    vhost, user = uuid.uuid4().hex, uuid.uuid4().hex
    broker.add_vhost(vhost)
    broker.rabbitmqctl("add_user", user, PASSWORD)
    broker.rabbitmqctl("set_permissions", "-p", vhost, user, ".*", ".*", ".*")
    run = PointsmanRun(
        broker.url(vhost, user, PASSWORD),
        table(Path("KEY_FILE")),
        directory,
        environ=VARIABLES,
        log_level="debug",
        turns_max_length=4,
        lane_deadline="1s",
    )
    with run:
        jobs, letters, ready = asyncio.run(feed(run, broker.url(vhost)))
        broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by a test")
        run.wait_for_log("broker lost")
    broker.delete_vhost(vhost)
    broker.rabbitmqctl("delete_user", user)
    return Seen(jobs, letters, ready, run.text)


async def feed(
    run: PointsmanRun, url: str
) -> tuple[list[AbstractIncomingMessage], list[AbstractIncomingMessage], str]:
    said = [*((platform, body) for platform, body, _ in GOOD), *BAD, *TOO_MANY]
    async with Client(url) as client:
        for platform, body in said:
            await client.publish(platform, body, routing_key="any")
        await eventually(lambda: len(run.logged("delivery")) == len(said), "all have ended")
        dead = len(run.logged("delivery", outcome="dead"))
        letters = await client.dead_letters(dead)
        collectors = [await client.collect(f"turns.{model}") for model in MODELS]
        await eventually(
            lambda: sum(len(each.messages) for each in collectors) == len(said) - dead, "all jobs"
        )
        jobs = [message for each in collectors for message in each.messages]
        return jobs, letters, json.dumps(run.get("/ready"))


def test_no_job_holds_a_key(seen):
    """A job refers to the key of its runtime; that key, and those that were said, are not in it."""
    bodies = {json.loads(job.body)["message"]["message_id"]: job for job in seen.jobs}
    for number, (_, _, reference) in enumerate(GOOD, start=1):
        assert json.loads(bodies[str(number)].body)["runtime"]["credential"] == reference
    assert [each for each in map(everything_in, seen.jobs) if KEY in each] == []
    assert all(SAID in everything_in(job) for job in seen.jobs)


def test_no_dead_letter_holds_a_key(seen):
    """Keys are taken out of a message that is kept, whatever is wrong with it, and it says so."""
    reasons = {letter.headers["x-dead-reason"] for letter in seen.letters}
    assert {"malformed", "platform_mismatch", "expired", "loop", "undeliverable"} <= reasons
    assert [each for each in map(everything_in, seen.letters) if KEY in each] == []
    assert {letter.headers.get("x-dead-redacted") for letter in seen.letters} == {1}


def test_nothing_said_is_in_the_headers_of_a_dead_letter(seen):
    """The detail of a dead letter says what is wrong and does not quote it."""
    details = [str(letter.headers) for letter in seen.letters]
    assert [detail for detail in details if SAID in detail] == []


def test_the_log_holds_no_key_and_nothing_said(seen):
    """At log level debug, through refusals and a lost connection, no key and no body is logged."""
    assert '"event":"broker lost"' in seen.output
    assert KEY not in seen.output
    assert SAID not in seen.output


def test_readiness_holds_no_key(seen):
    """The body of `/ready` names the table and holds nothing of it."""
    assert '"table"' in seen.ready
    assert KEY not in seen.ready


@pytest.mark.parametrize(
    "text",
    [
        f"model: {{default: m, api_key: '{KEY}' , provider: [}}",
        f"model: {{default: m, api_key: ['{KEY}']}}",
        f"model: {{default: m, api_key: 'x${{SOME_KEY}}{KEY}'}}",
        f"model: {{default: m, api_key: '${{SOME_KEY:-{KEY}}}'}}",
        f"model: {{default: m, api_key_env: '{KEY}'}}",
        f"model: {{default: m, api_key: a, api_key_env: '{KEY}'}}",
        f"model: {{default: m, api_kye: '{KEY}'}}",
        f"model: {{api_key: '{KEY}'}}",
        f"model: m\nworker: {{amqp_url: 'amqps//u:{KEY}@h/'}}",
        f"model: m\nworker: {{amqp_url: 'http://u:{KEY}@h/'}}",
        f"model: m\nruntimes: {{a: {{api_key: '{KEY}'}}}}",
    ],
)
def test_a_table_that_cannot_be_used_is_not_quoted(tmp_path, text):
    """What is wrong with a table is told by place and name, without the key beside it."""
    run = PointsmanRun("amqp://127.0.0.1:1/", text, tmp_path, environ=VARIABLES)
    run.wait_exit(2)
    assert run.complaints
    assert KEY not in run.text


@pytest.mark.parametrize(
    "url", [f"amqp//u:{KEY}@h/", f"amqp://u:{KEY}@h:port/", f"amqp://u:{KEY}@[::1/", KEY]
)
def test_a_broker_url_that_cannot_be_used_is_not_quoted(tmp_path, url):
    """An unreadable broker URL is not repeated: it holds a password."""
    run = PointsmanRun(url, "model: m", tmp_path)
    run.wait_exit(2)
    assert run.complaints
    assert KEY not in run.text
