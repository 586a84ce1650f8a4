"""`pointsman dead redrive` with workers, on a real broker: what becomes of letters, and of crashes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from contracts import turn_id
from tests.broker.client import Client
from tests.broker.dead_letters import DeadTools
from tests.broker.service import COMMAND, PATIENCE, PointsmanRun, eventually
from tests.broker.users import grant, planned_users, url_of
from worker.amqp.underlay import underlay

TABLE: dict[str, Any] = {
    "model": {"default": "m", "routes": [{"match": {"source_kind": "owner"}, "model": "strong"}]},
    "platforms": {"telegram": {"home_channel": "42"}, "web": {"isolated": True}},
    "worker": {"partitions": 2},
}
DENYING = {**TABLE, "model": {"default": "m", "routes": [{"match": {"hops": 0}, "deny": True}]}}


def message(name: str, chat: str = "9") -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm", "user_id": "9"}
    return {"message_id": name, "text": "hi", "source": source}


class Operator(DeadTools):
    """`pointsman dead` as the planned user for operators, by the table that workers have."""

    def __init__(
        self, url: str, operator_url: str, directory: Path, table: Any, worker: PointsmanRun
    ) -> None:
        self.url, self.directory, self.table = url, directory, directory / "pointsman.yaml"
        self.worker = worker
        outside = {k: v for k, v in os.environ.items() if not k.startswith("POINTSMAN_")}
        self.environ = {**outside, "POINTSMAN_AMQP_URL": operator_url, "COLUMNS": "200"}
        self.decide_by(table)

    def decide_by(self, table: Any) -> None:
        """Have the commands use another table."""
        self.table.write_text(json.dumps(table), encoding="utf-8")

    def redrive(self, *options: str, code: int = 0) -> dict[str, Any]:
        """Redrive without a question; return the summary."""
        said = self.dead("redrive", "--yes", "--format=json", *options, code=code)
        found: dict[str, Any] = json.loads(said)
        return found


@pytest.fixture
def operator(broker, vhost, vhost_url, run_pointsman, tmp_path) -> Callable[..., Operator]:
    """Start a worker by a table, then the tools beside it."""

    def start(table: Any = DENYING) -> Operator:
        worker = run_pointsman(table)
        (user,) = (each for each in planned_users(table) if each.name == "pointsman-operator")
        grant(broker, vhost, [user])
        return Operator(vhost_url, url_of(broker, vhost, user), tmp_path, table, worker)

    return start


@pytest.fixture
def mended(operator, run_pointsman) -> Callable[[Operator], None]:
    """Take the tools of a worker whose table denies, and give it another that does not."""

    def mend(tools: Operator) -> None:
        tools.worker.stop()
        tools.worker = run_pointsman(TABLE)
        tools.decide_by(TABLE)

    return mend


async def dead(client: Client, count: int) -> None:
    """Wait until there are so many letters."""

    async def there() -> bool:
        return await client.waiting("dead") == count

    await eventually(there, f"{count} letters are there")


def expected(job: dict[str, Any]) -> str:
    """The turn id that the message of a job has."""
    name = job["message"]["message_id"]
    return str(turn_id(job["source"]["platform"], None, job["conversation_id"], name))


async def test_letters_become_the_turns_that_they_would_have_been(operator, mended, vhost_url):
    """What a table denied becomes, by a mended one, the same turns in their order, attempt 2."""
    tools = operator()
    async with Client(vhost_url) as client:
        for number in range(20):
            await client.publish("telegram", message(f"m-{number}"))
        await client.publish("telegram", message("mine", chat="42"))
        await dead(client, 21)
        mended(tools)
        assert tools.redrive() == {
            "dry_run": False,
            "redriven": 21,
            "refused": [],
            "interrupted": False,
        }
        jobs = await client.jobs("m", 20)
        (owners,) = await client.jobs("strong", 1)
        assert await client.waiting("dead") == 0
    assert [job["message"]["message_id"] for job in jobs] == [f"m-{n}" for n in range(20)]
    for job in (*jobs, owners):
        assert (job["attempt"], job["turn_id"]) == (2, expected(job))
        assert job["source"]["verified"] is False
    assert (owners["source"]["source_kind"], owners["allow_control"]) == ("owner", True)


async def test_a_dry_run_says_what_would_become_and_changes_nothing(operator, vhost_url):
    """A dry run decides by the file's table, and leaves every letter in its place."""
    tools = operator()
    async with Client(vhost_url) as client:
        for number in range(3):
            await client.publish("telegram", message(f"m-{number}"))
        await client.publish("telegram", message("mine", chat="42"))
        await client.publish("", message("lost"), exchange="in.redrive")
        await dead(client, 5)
        before = tools.each()
        again = json.loads(tools.dead("redrive", "--dry-run", "--format=json", code=1))
        tools.decide_by(TABLE)
        found = json.loads(tools.dead("redrive", "--dry-run", "--format=json", code=1))
        shown = tools.dead("redrive", "--dry-run", "--reason=denied")
        assert tools.each() == before
        assert await client.waiting("turns.m") == 0
    assert [(each["letters"], each["dead"]) for each in again["becomes"]] == [(4, "denied")]
    assert found["becomes"] == [
        {"letters": 3, "queue": "turns.m", "route": "base", "source_kind": "stranger"},
        {"letters": 1, "queue": "turns.strong", "route": "routes[0]", "source_kind": "owner"},
    ]
    assert found["refused"] == [
        {"letters": 1, "why": "nobody vouched for its platform (malformed)"}
    ]
    assert "4 letters to redrive" in shown


async def test_what_dies_again_is_not_taken_again(operator, vhost_url):
    """Letters that come back during a redrive stay, with their history, until the next one."""
    tools = operator()
    async with Client(vhost_url) as client:
        for number in range(30):
            await client.publish("telegram", message(f"m-{number}"))
        await dead(client, 30)
        assert tools.redrive("--rate=100/s")["redriven"] == 30
        await dead(client, 30)
    assert {(told["attempt"], told["exchange"]) for told in tools.each()} == {(2, "in.telegram")}


async def reject_all(client: Client, count: int) -> list[dict[str, Any]]:
    """Be a runner that rejects every job of a model."""
    jobs: list[dict[str, Any]] = []
    channel = await client.connection.channel()
    queue = await channel.get_queue("turns.m", ensure=False)
    while len(jobs) < count:
        found = await queue.get(fail=False)
        if found is None:
            await asyncio.sleep(0.05)
            continue
        jobs.append(json.loads(found.body))
        await found.reject(requeue=False)
    await channel.close()
    return jobs


async def test_a_rejected_job_is_redriven_by_its_message_until_it_has_come_back_three_times(
    operator, vhost_url
):
    """A job that a runner rejects gives the same turn, one attempt more; after three redrives it stays."""
    tools = operator(TABLE)
    async with Client(vhost_url) as client:
        bare = {"text": "hi", "source": {"chat_id": "9", "chat_type": "dm"}}
        await client.publish("telegram", bare)
        jobs: list[dict[str, Any]] = []
        for _ in range(3):
            jobs += await reject_all(client, 1)
            await dead(client, 1)
            assert tools.redrive()["redriven"] == 1
        jobs += await reject_all(client, 1)
        await dead(client, 1)
        done = tools.redrive(code=1)
        assert done["refused"] == [{"letters": 1, "why": "it came back unchanged 3 times"}]
        assert done["redriven"] == 0
        assert tools.redrive("--force")["redriven"] == 1
        jobs += await reject_all(client, 1)
    assert [job["attempt"] for job in jobs] == [1, 2, 3, 4, 5]
    for name in ("turn_id", "conversation_id", "message", "message_id_derived", "source"):
        assert all(job[name] == jobs[0][name] for job in jobs), name


async def use_up(client: Client, queue: str) -> None:
    """Have consumers of a partition die of a message until its broker has had enough of that.

    What is merely given back RabbitMQ 4.3 does not count.
    """
    while not await client.waiting("dead"):
        channel = await client.connection.channel()
        came = asyncio.Event()

        async def take(_: Any, came: asyncio.Event = came) -> None:
            came.set()

        source = await channel.get_queue(queue, ensure=False)
        await source.consume(take)
        with suppress(TimeoutError):
            await asyncio.wait_for(came.wait(), 1)
        await channel.close()


@pytest.mark.parametrize(("platform", "queues"), [("web", ["inbound@web"]), ("telegram", [])])
async def test_what_the_broker_gave_up_is_redriven_as_a_strangers(
    operator, run_pointsman, vhost_url, platform, queues
):
    """A message delivered too often is a stranger's turn; where its feeder may have said from where, only by force."""
    tools = operator(TABLE)
    tools.worker.stop()
    partitions = queues or ["inbound.0", "inbound.1"]
    async with Client(vhost_url) as client:
        await client.publish(platform, message("m-1", chat="42"))
        counts = {name: await client.waiting(name) for name in partitions}
        (name,) = (name for name, count in counts.items() if count)
        await use_up(client, name)
        (letter,) = tools.each()
        assert (letter["shape"], letter["reason"]) == ("undecided", "broker_delivery_limit")
        run_pointsman(TABLE)
        version = str(underlay(client.connection).server_properties["version"])
        if platform == "telegram" and version.startswith("3."):
            assert "RabbitMQ 3" in tools.redrive(code=1)["refused"][0]["why"]
        assert tools.redrive("--force")["redriven"] == 1
        (job,) = await client.jobs("m", 1)
    assert (job["attempt"], job["turn_id"]) == (2, expected(job))
    assert job["source"]["source_kind"] == "stranger"


KILLED = """\
import os, signal
from worker.dead.removal import Removal
from worker.cli.app import main
async def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
Removal.remove = die
main()
"""


async def test_a_crash_before_a_letter_leaves_makes_repeats_and_loses_nothing(
    operator, mended, vhost_url
):
    """Killed between publish and ack, all letters are still there; their jobs share turn id and attempt."""
    tools = operator()
    async with Client(vhost_url) as client:
        for number in range(10):
            await client.publish("telegram", message(f"m-{number}"))
        await dead(client, 10)
        mended(tools)
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", KILLED, "dead", "redrive", "--yes"],
            env=tools.environ,
            cwd=tools.directory,
            check=False,
            timeout=PATIENCE * 4,
        )
        assert done.returncode == -signal.SIGKILL
        await dead(client, 10)
        assert tools.redrive()["redriven"] == 10
        jobs = await client.jobs("m", 20)
        assert await client.waiting("dead") == 0
    assert {job["attempt"] for job in jobs} == {2}
    assert len({job["turn_id"] for job in jobs}) == 10


async def test_an_interrupt_ends_it_with_what_was_done(operator, mended, vhost_url):
    """After Ctrl-C each letter is a job or a letter, the summary says how many, and the code is 130."""
    tools = operator()
    async with Client(vhost_url) as client:
        for number in range(40):
            await client.publish("telegram", message(f"m-{number}"))
        await dead(client, 40)
        mended(tools)
        command: Sequence[str] = [*COMMAND, "dead", "redrive", "--yes", "--rate=10/s"]
        process = await asyncio.create_subprocess_exec(
            *command, env=tools.environ, cwd=tools.directory, stderr=subprocess.PIPE
        )
        await client.jobs("m", 3)
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
        assert process.returncode == 130, said
        (count,) = [int(word) for word in said.split() if word.isdigit()]
        assert said.decode() == f"interrupted: {count} letters redriven\n"
        jobs = await client.jobs("m", count)
        await dead(client, 40 - count)
        assert tools.redrive()["redriven"] == 40 - count
        jobs = await client.jobs("m", 40)
    assert [job["message"]["message_id"] for job in jobs] == [f"m-{n}" for n in range(40)]


async def test_many_passes_take_each_letter_once(operator, mended, vhost_url, tmp_path):
    """However few letters are held at a time, those chosen go once and the others keep their places."""
    tools = operator()
    async with Client(vhost_url) as client:
        for number in range(30):
            await client.publish(["telegram", "cli"][number % 3 == 0], message(f"m-{number}"))
        await dead(client, 30)
        mended(tools)
        small = (
            "import worker.dead.redrive_run as r; r.IN_A_PASS = 4; r.AT_ONCE = 3\n"
            "from worker.cli.app import main; main()"
        )
        await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", small, "dead", "redrive", "--yes", "--platform=telegram"],
            env=tools.environ,
            cwd=tools.directory,
            check=True,
            timeout=PATIENCE * 4,
        )
        jobs = await client.jobs("m", 20)
        await dead(client, 10)
    names = [f"m-{n}" for n in range(30)]
    assert [job["message"]["message_id"] for job in jobs] == [
        n for i, n in enumerate(names) if i % 3
    ]
    bodies = [json.loads(held.body)["message_id"] for held in await tools.held()]
    assert bodies == names[::3]
