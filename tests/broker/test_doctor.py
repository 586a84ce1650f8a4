"""`pointsman doctor` on a real broker: what it finds, and that nothing is different behind it."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.broker.client import Client
from tests.broker.service import COMMAND, PATIENCE, wait_until
from tests.broker.users import PASSWORD, grant, planned_users, url_of
from worker.amqp.look import look
from worker.broker_user import Role
from worker.config_file import load_config
from worker.doctor.broker_findings import broker_findings
from worker.topology import plan_topology

CONFIG = {
    "model": {"default": "m", "routes": [{"match": {"platform": "discord"}, "model": "n"}]},
    "platforms": {"web": {"isolated": True}},
    "worker": {"partitions": 3},
}


@dataclass(frozen=True)
class Diagnosis:
    """What one run of the doctor said."""

    code: int
    found: dict[str, dict[str, Any]]
    """The last finding of each id."""
    text: str

    @property
    def problems(self) -> set[str]:
        """The ids of all problems."""
        return {id_ for id_, each in self.found.items() if each["level"] == "problem"}

    def __getitem__(self, id_: str) -> str:
        return str(self.found[id_]["text"])


def call(*arguments: str, url: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command with these settings as variables."""
    outside = {k: v for k, v in os.environ.items() if not k.startswith("POINTSMAN_")}
    given = {f"POINTSMAN_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [*COMMAND, *arguments],
        env={**outside, "POINTSMAN_AMQP_URL": url, "POINTSMAN_HTTP": "none", **given},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture
def table(tmp_path) -> str:
    """The `--config` of CONFIG."""
    path = tmp_path / "table.yaml"
    path.write_text(json.dumps(CONFIG), "utf-8")
    return f"--config={path}"


@pytest.fixture
def doctor(table) -> Callable[..., Diagnosis]:
    """Run the doctor: `doctor(url)`; nothing that it writes may hold a password."""

    def examine(url: str, *arguments: str, **settings: object) -> Diagnosis:
        done = call("doctor", "--format=json", table, *arguments, url=url, **settings)
        assert done.stderr == ""
        assert PASSWORD not in done.stdout
        told = json.loads(done.stdout)
        assert done.returncode == told["exit_code"]
        found = {each["id"]: each for each in told["findings"]}
        return Diagnosis(done.returncode, found, done.stdout)

    return examine


@pytest.fixture
def applied(vhost_url: str, table: str) -> str:
    """The URL of a vhost in which the topology of CONFIG is declared, and nobody works."""
    assert call("topology", "apply", table, url=vhost_url).returncode == 0
    return vhost_url


@pytest.fixture
def state(listed) -> Callable[[], dict[str, Any]]:
    """Ask the broker for all that is in the vhost, and for who is connected to it."""

    def ask() -> dict[str, Any]:
        things = {
            "queues": ("name", "type", "arguments", "messages_ready", "consumers"),
            "exchanges": ("name", "type", "arguments"),
            "bindings": ("source_name", "destination_name", "routing_key"),
        }
        return {
            what: sorted(json.dumps(each) for each in listed(what, *columns))
            for what, columns in things.items()
        }

    return ask


def test_a_system_that_works_has_no_problem(run_pointsman, worker_url, applied, doctor):
    """Beside a worker the doctor finds nothing wrong, as the worker's user and as an operator."""
    run = run_pointsman(CONFIG)
    here = f"127.0.0.1:{run.port}"
    for found in (doctor(worker_url, http=here), doctor(applied, http=here)):
        assert (found.code, found.problems) == (0, set())
        assert {"permissions_enough", "topology_good", "publishing_open"} <= found.found.keys()
        assert "4 queues with up to 1 consumer each" in found["partitions_consumed"]
        assert found["worker_ready"].endswith("ready, consumes 4 queues")
        assert "clock_agrees" in found.found
    assert run.logged("broker lost") == []


async def test_nothing_is_different_behind_it(applied, worker_url, state, doctor):
    """Queues, bindings and messages are as before, and no message counts as delivered."""
    async with Client(applied) as client:
        for platform in ("discord", "web"):
            for number in range(20):
                await client.publish(platform, {"text": "x"}, routing_key=str(number))
        await client.publish("", b"x", exchange="turns", routing_key="turns.m")
        await client.publish("", b"x", exchange="dead")

        def settled() -> dict[str, Any]:
            # Figures of queues are some seconds old.
            found = state()
            total = sum(json.loads(each)["messages_ready"] for each in found["queues"])
            return found if total == 42 else {}

        before = await asyncio.to_thread(wait_until, settled, "the figures are those of now")
        for url in (applied, worker_url):
            found = doctor(url)
            assert found.problems == {"messages_without_worker", "jobs_without_runner"}
            assert found.code == 1
            assert "40 messages waiting" in found["messages_without_worker"]
            assert found["jobs_without_runner"] == "nobody consumes turns.m (1 job)"
            assert found["dead_letters"] == "1 dead letter in dead"
        assert state() == before
        for queue in ("inbound.0", "inbound@web", "turns.m", "dead"):
            collector = await client.collect(queue)
            for message in await collector.wait_for(1):
                assert not message.redelivered
                assert not message.headers.get("x-delivery-count")


def test_before_the_first_start_there_is_nothing(vhost_url, state, doctor):
    """On an empty broker one warning says what declares the topology, and nothing is declared."""
    before = state()
    found = doctor(vhost_url)
    assert (found.code, found.problems) == (0, set())
    assert "topology_absent" in found.found
    assert state() == before
    assert doctor(vhost_url, "--strict").code == 1


def test_who_is_not_let_in_is_told(broker, vhost, doctor):
    """A wrong password and a virtual host that is not there end with 3."""
    for url in (broker.url(vhost, "guest", PASSWORD), broker.url("no-such-vhost")):
        found = doctor(url)
        assert (found.code, found.problems) == (3, {"access_refused"})


async def test_what_is_otherwise_is_told(applied, doctor):
    """A queue that is missing, one too many and one made otherwise are told, and end with 4."""
    async with Client(applied) as client:
        await client.channel.queue_delete("inbound.1")
        await client.channel.queue_delete("turns.n")
        found = doctor(applied)
        assert (found.code, found.problems) == (4, {"topology_missing"})
        assert found["topology_missing"] == "1 queue missing: inbound.1"
        assert found["model_queue_missing"] == "1 model queue missing: turns.n"
        await client.channel.declare_queue("turns.n", durable=True)
        for name in ("inbound.3", "inbound@discord"):
            await client.channel.declare_queue(name, durable=True)
    found = doctor(applied)
    assert found.code == 4
    assert {"partitions_differ", "isolation_differs", "arguments_differ"} <= found.problems
    assert found["arguments_differ"].startswith("queue turns.n: x-")
    # What was missing is missing still.
    assert found["topology_missing"] == "1 queue missing: inbound.1"


async def test_one_routing_key_for_all_is_told(applied, doctor):
    """A thousand messages under one routing key are in one partition, and that is told with why."""
    async with Client(applied) as client:
        many = (client.publish("discord", {"text": "x"}, routing_key="one") for _ in range(1000))
        await asyncio.gather(*many)
    found = doctor(applied)
    assert found.problems == {"messages_without_worker"}
    assert "has 1,000 messages waiting, the other partitions 0 each" in found["partitions_uneven"]
    assert "contracts.routing_key" in found.found["partitions_uneven"]["to_do"]


def test_a_user_that_may_not_is_told(broker, vhost, applied, doctor):
    """Permissions that a worker lacks are problems by kind and name, and end with 3."""
    worker, *_ = planned_users(CONFIG)
    broker.rabbitmqctl(
        *("set_permissions", "-p", vhost, worker.name),
        *(r"^(inbound|in\.|turns|figures)", r"^(inbound|dead|turns\.)", r"^(in\.|turns|dead)"),
    )
    found = doctor(url_of(broker, vhost, worker))
    assert (found.code, found.problems) == (3, {"permission_missing"})
    told = [
        e["text"] for e in json.loads(found.text)["findings"] if e["id"] == "permission_missing"
    ]
    user = f"user {worker.name} may not"
    assert f"{user} configure dead" in told
    assert f"{user} write to turns, figures" in told
    assert f"{user} read from inbound.0, inbound.1, inbound.2, inbound@web, inbound" in told


def test_other_users_see_less_and_that_is_no_problem(broker, vhost, applied, doctor):
    """As a feeder or an operator the doctor says what it cannot see, and calls none of it a problem."""
    planned = [u for u in planned_users(CONFIG) if u.role in {Role.FEEDER, Role.OPERATOR}]
    grant(broker, vhost, planned)
    for user in (planned[0], planned[-1]):
        found = doctor(url_of(broker, vhost, user))
        assert (found.code, found.problems) == (0, set())
        assert f"{user.name} is no worker's" in found["permissions_unseen"]
        assert "as far as this user sees" in found["topology_good"]
        assert ("clock_agrees" in found.found) == (user.role is Role.OPERATOR)


def test_a_question_that_is_refused_half_way_leaves_nothing(broker, vhost, applied, state, doctor):
    """A user who may declare, and not bind, is not shown the broker's clock, and nothing stays behind."""
    worker, *_ = planned_users(CONFIG)
    broker.rabbitmqctl("set_permissions", "-p", vhost, worker.name, ".*", "^dead$", ".*")
    before = state()
    found = doctor(url_of(broker, vhost, worker))
    assert not {"clock_agrees", "broker_silent"} & found.found.keys()
    assert state() == before


def test_an_alarm_is_told(own_broker, doctor):
    """During a memory alarm the doctor says so and ends with 1, and all is well behind it."""
    node = own_broker()
    node.rabbitmqctl("await_startup")
    node.set_memory_alarm(True)
    found = wait_until(lambda: (d := doctor(node.url())).problems and d, "the alarm is in force")
    assert (found.code, found.problems) == (1, {"publishing_blocked"})
    node.set_memory_alarm(False)
    wait_until(lambda: "publishing_open" in doctor(node.url()).found, "the alarm is over")


def test_a_missing_plugin_is_told(own_broker, doctor):
    """Without the consistent-hash plugin the doctor names it and ends with 4; one partition needs none."""
    node = own_broker(plugins=())
    found = doctor(node.url())
    assert (found.code, found.problems) == (4, {"plugin_missing"})
    assert "rabbitmq-plugins enable" in found.found["plugin_missing"]["to_do"]
    assert doctor(node.url(), "--partitions=1").problems == set()


def test_a_frozen_broker_is_a_finding(own_broker, doctor):
    """A broker that accepts connections and says nothing costs the timeout, and is told with 3."""
    node = own_broker()
    node.freeze()
    found = doctor(node.url(), "--timeout=1s")
    node.thaw()
    assert (found.code, found.problems) == (3, {"broker_unreachable"})
    assert found["broker_unreachable"].endswith("no answer in time")


@pytest.mark.parametrize("let_through", [8, 400, 700, 1_200, 2_500])
async def test_a_broker_that_falls_silent_half_way_is_a_finding(broker, vhost, table, let_through):
    """Wherever a broker stops to answer, the look ends and says what was asked last."""
    upstream = broker.url(vhost)
    async with _silent_after(let_through, broker.port) as port:
        url = upstream.replace(f":{broker.port}/", f":{port}/")
        config = load_config(Path(table.removeprefix("--config=")), {})
        settings = config.settings({"amqp_url": url}, {})
        topology = plan_topology(config.table, settings)
        facts = await asyncio.wait_for(look(settings, url, topology, 0.5), PATIENCE)
    told = facts.unreachable if let_through < 500 else facts.silent
    assert "in time" in str(told)
    expected = "broker_unreachable" if let_through < 500 else "broker_silent"
    assert expected in {each.sign.id for each in broker_findings([facts])}


@asynccontextmanager
async def _silent_after(count: int, upstream: int) -> AsyncIterator[int]:
    """The port of a proxy that passes on so many bytes of a client, and then nothing either way."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection("127.0.0.1", upstream)

        async def back() -> None:
            while data := await from_broker.read(65536):
                writer.write(data)

        answers = asyncio.create_task(back())
        left = count
        while data := await reader.read(65536):
            to_broker.write(data[:left])
            left -= len(data)
            if left <= 0:
                answers.cancel()
                left = 0
        answers.cancel()
        to_broker.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
