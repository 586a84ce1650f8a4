"""A secret in every place, a worker that all may listen to, and every way out searched for them."""

import asyncio
import json
import os
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aio_pika.abc import AbstractIncomingMessage

from tests.broker.client import Client
from tests.broker.service import COMMAND, PATIENCE, PointsmanRun, eventually, wait_until
from tests.secrets.marker import found
from tests.secrets.places import (
    FILES,
    FRAME,
    HEADERS,
    KEY_FILE,
    MESSAGE,
    PROPERTIES,
    SAID,
    SECRET,
    TABLE,
    VARIABLES,
    Written,
)
from worker.demo.child_process import start_child
from worker.demo.control_command import ControlCommandFailed
from worker.demo.private_broker import PrivateBroker

_HOSTILE = {
    "PYTHONPATH": str(Path(__file__).parent.parent / "secrets" / "hostile"),
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONDEVMODE": "1",
}
_PAGES = ("/live", "/ready", "/metrics", "/nowhere", "/", "/api/overview", "/api/table")
_RULES = ("variable", "named", "file", "many", "split", "7", "fault")
_IN_QUEUE = 4
_BAD: list[dict[str, Any]] = [
    {"hops": "many"},
    {"hops": 99},
    {"version": "9"},
    {"text": [SAID]},
    {"source": {"platform": "discord", "chat_id": SAID}},
    {"expires_at": "2001-01-01T00:00:00Z"},
    {"metadata": [{"api_key": SECRET}, SAID]},
]
# All that it knows of connections and their clients, of queues, and of consumers.
_BROKER_SHOWS = """
{rabbit_networking:connection_info_all(),
 rabbit_amqqueue:info_all(<<"VHOST">>),
 rabbit_amqqueue:consumers_all(<<"VHOST">>)}
"""


@dataclass(frozen=True)
class Seen:
    """All that came out of processes with such a table, fed with such messages."""

    written: Written
    jobs: list[AbstractIncomingMessage]
    letters: list[AbstractIncomingMessage]
    exits: dict[str, str]


def feed(written: Written) -> Iterator[tuple[str, Any]]:
    """(platform, body): through every rule, into a full queue, and in every way to be dead."""

    def message(number: int, chat: str = "c", **fields: Any) -> dict[str, Any]:
        body = {**MESSAGE, "source": {**MESSAGE["source"], "chat_id": chat}, **fields}
        return {"message_id": str(number), **written.fill(body, f"message {number}")}

    for number, chat in enumerate(_RULES):
        yield "discord", message(number, chat)
    for number, platform in enumerate(("telegram", "cron", "slack", "webhook"), start=20):
        yield platform, message(number)
    yield "cron", message(30, override={"runtime": "codex", "api_key": SECRET})
    yield "telegram", message(31, purpose="memory_flush")
    for number, wrong in enumerate(_BAD, start=40):
        yield "telegram", message(number, **wrong)
    yield "hub", written.fill(FRAME, "frame")
    yield "hub", written.fill({**FRAME, "data": {**FRAME["data"], "from": ""}}, "bad frame")
    # A body that does not parse is kept as it is, key and all.
    yield (
        "slack",
        json.dumps(written.fill({"text": SAID, "api_key": SAID}, "cut off"))[:-1].encode(),
    )
    for number in range(50, 52 + 2 * _IN_QUEUE):
        yield "slack", message(number, f"chat {number}")


def everything_in(message: AbstractIncomingMessage) -> str:
    """Properties, headers and body."""
    return f"{message.info()} {message.headers} {message.body.decode(errors='replace')}"


@pytest.fixture(scope="module")
def seen(broker: PrivateBroker, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A worker, a shadow and a capture see it all, in both formats of the log, at level debug."""
    folder, written = tmp_path_factory.mktemp("secrets"), Written()
    for name, content in FILES.items():
        (folder / name).write_text(written.fill(content, name))
    without = {name: value for name, value in VARIABLES.items() if name != "POINTSMAN_AMQP_URL"}
    environ = {name: written.fill(value, name) for name, value in without.items()} | _HOSTILE
    table = json.dumps(written.fill(TABLE, "table")).replace(KEY_FILE, str(folder / KEY_FILE))
    vhost, user, password = uuid.uuid4().hex, uuid.uuid4().hex, written.mark("password", "/@:%#ü ")
    anything = {"configure": ".*", "write": ".*", "read": ".*"}
    broker.import_definitions(
        {
            "vhosts": [{"name": vhost}],
            "users": [{"name": user, "password": password, "tags": ""}],
            "permissions": [{"user": each, "vhost": vhost, **anything} for each in (user, "guest")],
        }
    )
    url = broker.url(vhost, user, password)
    with PointsmanRun(
        url, table, folder, environ=environ, turns_max_length=_IN_QUEUE, lane_deadline="300ms"
    ) as run:
        shadow = PointsmanRun(url, table, folder, environ=environ, shadow=True, log_format="text")
        capture = folder / "capture.log"
        with capture.open("wb") as output:
            capturing = start_child(
                [*COMMAND, "capture", "--bodies", f"--config={run.config}", "--log-level=debug"],
                env={**os.environ, "POINTSMAN_AMQP_URL": url, **environ},
                output=output,
            )
        looking = (shadow.output, capture)
        wait_until(lambda: all("looking on" in each.read_text() for each in looking), "they look")
        jobs, letters, figures = asyncio.run(publish(run, broker.url(vhost), written))
        exits = {page: body_of(f"http://127.0.0.1:{run.port}{page}") for page in _PAGES}
        exits["figures"] = figures
        for form in ("text", "json"):
            for command in ("top --once", "doctor"):
                exits[f"{command.split()[0]}, {form}"] = output_of(
                    run, url, {**environ, "COLUMNS": "1000"}, f"{command} --format={form}"
                )
        exits["broker"] = wait_until(lambda: shown_by(broker, vhost), "the broker shows it")
        exits["arguments"] = Path(f"/proc/{run.pid}/cmdline").read_text()
        run.config.write_text(table.replace('"api_key": ', '"api_kye": '))
        run.wait_for_log("table refused")
        exits["/ready after a bad table"] = body_of(f"http://127.0.0.1:{run.port}/ready")
        broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by a test")
        run.wait_for_log("broker lost")
        capturing.terminate()
        shadow.kill()
        capturing.wait(PATIENCE)
    broker.delete_vhost(vhost)
    broker.rabbitmqctl("delete_user", user)
    exits |= {"log": run.text, "shadow": shadow.text, "capture": capture.read_text()}
    logs = (broker.directory.path / "log").rglob("*")
    exits["the broker's log"] = "".join(each.read_text() for each in logs if each.is_file())
    return Seen(written, jobs, letters, exits)


def shown_by(broker: PrivateBroker, vhost: str) -> str | None:
    """What the broker shows; None if one of those connections has just gone."""
    try:
        return broker.evaluate(_BROKER_SHOWS.replace("VHOST", vhost))
    except ControlCommandFailed:
        return None


def output_of(run: PointsmanRun, url: str, environ: dict[str, str], arguments: str) -> str:
    """What `pointsman ARGUMENTS` writes."""
    done = subprocess.run(
        [*COMMAND, *arguments.split(), f"--config={run.config}"],
        env={**os.environ, "POINTSMAN_AMQP_URL": url, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout.decode()


def body_of(url: str) -> str:
    """What a page says, whatever its status."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            return str(response.read(), "utf-8")
    except urllib.error.HTTPError as error:
        with error:
            return str(error.read(), "utf-8")


async def publish(
    run: PointsmanRun, url: str, written: Written
) -> tuple[list[AbstractIncomingMessage], list[AbstractIncomingMessage], str]:
    said = list(feed(written))
    async with Client(url) as client:
        for number, (platform, body) in enumerate(said, start=1):
            if number == len(said):  # a full queue refuses what comes once it was found to be full
                await eventually(lambda: len(run.logged("delivery")) == len(said) - 1, "it is full")
            headers = written.fill(HEADERS, f"headers to {platform}")
            properties = written.fill(PROPERTIES, f"properties to {platform}")
            await client.publish(platform, body, routing_key="k", headers=headers, **properties)
        await eventually(lambda: len(run.logged("delivery")) == len(said), "all have ended")
        accepted = run.logged("delivery", outcome="accepted")
        letters = await client.dead_letters(len(run.logged("delivery", outcome="dead")))
        collectors = [await client.collect(name) for name in {line["queue"] for line in accepted}]
        await eventually(
            lambda: sum(len(each.messages) for each in collectors) == len(accepted), "all jobs"
        )
        queue = await client.channel.declare_queue("figures.test", exclusive=True)
        await queue.bind("figures")
        report = await eventually(lambda: queue.get(fail=False, no_ack=True), "a report")
        figures = everything_in(report)
        return [message for each in collectors for message in each.messages], letters, figures


def test_no_job_holds_a_secret(seen):
    """A job holds what was said, but no key: none of the table's, none that somebody wrote in it."""
    for job in seen.jobs:
        assert found(everything_in(job), seen.written.secrets) == []
        assert found(everything_in(job), seen.written.said)
    references = {json.loads(job.body)["runtime"]["credential"] for job in seen.jobs}
    assert {each.partition(":")[0] for each in references} == {"config", "env", "file"}
    assert references >= {
        *("config:model.api_key", "config:model.routes[0].api_key", "env:SOME_KEY"),
        *("env:NAMED_KEY", "config:runtimes.codex.api_key", "config:model.platforms.hub.api_key"),
        *("config:model.by_source.cron.api_key", "config:model.by_source.stranger.api_key"),
    }


def test_no_dead_letter_holds_a_secret(seen):
    """A dead letter holds what was said, but no key, in its body as in its headers, and says so."""
    reasons = {letter.headers["x-dead-reason"] for letter in seen.letters}
    assert reasons >= {
        *("malformed", "loop", "unsupported_version", "platform_mismatch", "expired"),
        *("bad_signature", "undeliverable"),
    }
    for letter in seen.letters:
        assert found(everything_in(letter), seen.written.secrets) == []
        assert found(everything_in(letter), seen.written.said)
        assert letter.headers["x-dead-redacted"] == 1


def test_why_a_letter_is_dead_quotes_nothing(seen):
    """What we write of a dead letter says what is wrong with it and holds nothing that was said."""
    ours = ("x-dead-reason", "x-dead-detail", "x-dead-platform", "x-dead-source-kind")
    for letter in seen.letters:
        told = str({name: letter.headers.get(name) for name in ours})
        assert found(told, [*seen.written.secrets, *seen.written.said]) == []


def test_nothing_else_that_leaves_holds_a_secret(seen):
    """No log, at level debug and beside the libraries' own, no page, and nothing that the broker shows."""
    assert {name: found(text, seen.written.secrets) for name, text in seen.exits.items()} == {
        name: [] for name in seen.exits
    }


def test_what_was_said_is_in_no_log_and_on_no_page(seen):
    """What people say is in jobs, dead letters and captures, and nowhere else, whatever goes wrong."""
    others = {name: text for name, text in seen.exits.items() if name != "capture"}
    assert {name: found(text, seen.written.said) for name, text in others.items()} == {
        name: [] for name in others
    }
    assert found(seen.exits["capture"], seen.written.said)


def test_all_of_it_was_there_to_be_heard(seen):
    """The embedding listened, faults were raised, connections lost and a table refused."""
    for log in ("log", "shadow", "capture"):
        assert "hostile: listens" in seen.exits[log]
    for event in ("table refused", "broker lost", "stray error in the event loop"):
        assert f'"event":"{event}"' in seen.exits["log"]
    assert '"error":"ValueError"' in seen.exits["log"]
    assert "api_kye" in seen.exits["/ready after a bad table"]
    for figures in ("figures", "top, text", "top, json"):
        assert "undeliverable" in seen.exits[figures]
    assert all(text.strip() for text in seen.exits.values())
    for known in ("client_properties", "pointsman", "x-single-active-consumer", "x-priority"):
        assert known in seen.exits["broker"]


@pytest.mark.parametrize("loud", [False, True], ids=["as it is", "libraries may speak"])
def test_a_refused_connection_tells_no_secret(loud, broker, tmp_path):
    """With a password that is wrong nothing of the URL is told; it would be, if the libraries could speak."""
    written = Written()
    url = f"{broker.url('/', 'nobody', written.mark('password'))}?name={written.mark('query')}"
    environ = {**_HOSTILE, **({"HOSTILE_LOUD": "1"} if loud else {})}
    run = PointsmanRun(url, "model: m", tmp_path, environ=environ, auth_timeout="0s")
    run.wait_exit(3)
    assert "ACCESS_REFUSED" in run.text
    assert found(run.text, written.secrets) == (["query"] if loud else [])


@pytest.mark.parametrize(
    "server",
    [
        "amqp://{}@127.0.0.1:1/?name={}",
        "amqps://{}@127.0.0.1:PORT/?name={}",
        "amqp://{}@127.0.0.1:PORT/?heartbeat={}",
        "amqp://{}@127.0.0.1:PORT/?auth={}",
        "amqp://{}@no-such-host.invalid/?name={}",
        "amqp://{}@127.0.0.1:PORT/no-such-vhost?name={}",
    ],
)
def test_a_connection_that_fails_tells_no_secret(server, broker, tmp_path):
    """Nobody there, no TLS, no such host or vhost, options that are none: why is told, and no secret."""
    written = Written()
    login = f"guest:{written.mark('password', '%2F%40%3A')}"
    url = server.replace("PORT", str(broker.port)).format(login, written.mark("query"))
    run = PointsmanRun(url, "model: m", tmp_path, environ=_HOSTILE)
    try:
        why = run.wait_for_log("not connected")["why"]
    finally:
        run.kill()
    assert why
    assert found(run.text, written.secrets) == []
