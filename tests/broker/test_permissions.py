"""What `topology permissions` plans is enough for everybody, and lets nobody do more."""

import asyncio
import json
import os
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused

from routing.load_table import load_table
from tests.broker.client import Client
from tests.broker.service import COMMAND, PATIENCE, PointsmanRun
from tests.broker.users import grant, planned_users, url_of
from worker.amqp.any_name import accept_any_name
from worker.amqp.errors import AccessRefused
from worker.amqp.figures_outlet import FiguresOutlet
from worker.amqp.link import AmqpLink
from worker.amqp.tap import Tap
from worker.broker_user import BrokerUser, Names, Role
from worker.demo.control_command import ControlCommandFailed
from worker.settings import Settings
from worker.topology import FIGURES_KIND, plan_topology

ODD = "a.b*c+[d]/(e)~語"
CONFIG = {
    "model": {
        "default": "m",
        "routes": [{"match": {"platform": "slack"}, "queue": "batch"}],
    },
    "models": ["m2", ODD],
    "platforms": {
        "telegram": {"publishers": ["hub-telegram"]},
        "slack": {},
        "web": {"isolated": True},
    },
    "worker": {"partitions": 2},
}

SMALL = {
    "model": ODD,
    "platforms": {"telegram": {"publishers": ["hub-telegram"]}},
    "hub_platforms": ["cron"],
}


@pytest.fixture
def users(broker, vhost, run_pointsman) -> dict[str, BrokerUser]:
    """The users of a running system, by name; each may log in with PASSWORD."""
    run_pointsman(CONFIG)
    planned = planned_users(CONFIG)
    grant(broker, vhost, planned[1:])
    return {user.name: user for user in planned}


@pytest.fixture
def client_of(broker, vhost, users) -> Callable[[str], Client]:
    """A client with a user's credentials: `client_of("runner-m")`."""
    return lambda name: Client(url_of(broker, vhost, users[name]))


async def refused(call: Callable[[aio_pika.abc.AbstractChannel], Awaitable[Any]], client) -> str:
    """Return the broker's 403 to a call, which is made on a channel of its own."""
    channel = await client.connection.channel(on_return_raises=True)
    with pytest.raises(ChannelAccessRefused) as error:
        await asyncio.wait_for(call(channel), PATIENCE)
    return str(error.value)


def publishing(exchange: str, key: str, *, mandatory: bool = True, **properties):
    async def publish(channel):
        target = await channel.get_exchange(exchange, ensure=False)
        await target.publish(aio_pika.Message(b"{}", **properties), key, mandatory=mandatory)

    return publish


async def listening(url: str) -> Tap:
    """Listen to the figures of all workers, as `top` and a worker's page do."""
    settings = Settings.load({}, {}, {})
    names = (["figures"], "figures.own", "test")
    return await Tap.open(url, settings, *names, FIGURES_KIND, declares=False)


def binding(queue: str, exchange: str):
    async def bind(channel):
        await (await channel.get_queue(queue, ensure=False)).bind(exchange, "#")

    return bind


def binding_exchanges(destination: str, source: str):
    async def bind(channel):
        await (await channel.get_exchange(destination, ensure=False)).bind(source, "#")

    return bind


async def forget(_: object) -> None:
    """What a consumer does that is never let in."""


def consuming(queue: str):
    async def consume(channel):
        await (await channel.get_queue(queue, ensure=False)).consume(forget)

    return consume


def fetching(queue: str):
    async def fetch(channel):
        await (await channel.get_queue(queue, ensure=False)).get(fail=False)

    return fetch


def purging(queue: str):
    async def purge(channel):
        await (await channel.get_queue(queue, ensure=False)).purge()

    return purge


def declaring(name: str | None, **options):
    return lambda channel: channel.declare_queue(name, **options)


def declaring_exchange(name: str):
    return lambda channel: channel.declare_exchange(name, "topic", durable=True)


def deleting(queue: str):
    return lambda channel: channel.queue_delete(queue)


def deleting_exchange(exchange: str):
    return lambda channel: channel.exchange_delete(exchange)


NOBODYS = {
    "making up figures": publishing("figures", ""),
    "listening to figures": binding("turns.m", "figures"),
    "publishing to turns": publishing("turns", "turns.m"),
    "publishing to dead": publishing("dead", ""),
    "publishing to inbound": publishing("inbound", "k"),
    "publishing into a queue": publishing("", "turns.m"),
    "publishing into a partition": publishing("", "inbound.0"),
    "publishing to amq.topic": publishing("amq.topic", "k"),
    "declaring a queue": declaring("own"),
    "declaring a nameless queue": declaring(None, exclusive=True),
    "declaring a queue that is there": declaring("turns.m", durable=True),
    "declaring an exchange": declaring_exchange("in.telegram"),
    "binding a partition": binding("inbound.0", "in.telegram"),
    "binding a model queue": binding("turns.m", "in.telegram"),
    "binding exchanges": binding_exchanges("turns", "in.telegram"),
    "deleting a queue": deleting("turns.m"),
    "deleting an exchange": deleting_exchange("in.telegram"),
    "consuming dead": consuming("dead"),
    "consuming a partition": consuming("inbound.0"),
    "purging a queue": purging("turns.m2"),
    "reading another model's queue": fetching("turns.m2"),
}
FEEDERS = {
    **NOBODYS,
    "publishing for another platform": publishing("in.slack", "k"),
    "publishing where nobody is named": publishing("in.cli", "k"),
    "publishing as an operator": publishing("in.redrive", "k"),
    "reading a model's queue": consuming("turns.m"),
}
RUNNERS = {
    **NOBODYS,
    "publishing for a platform": publishing("in.telegram", "k"),
    "publishing as an operator": publishing("in.redrive", "k"),
}
OPERATORS = {
    **{what: NOBODYS[what] for what in NOBODYS.keys() - {"publishing to dead", "consuming dead"}},
    "publishing for a platform": publishing("in.telegram", "k"),
    "reading a model's queue": consuming("turns.m"),
}


async def test_a_feeder_can_do_nothing_but_feed(client_of):
    """A feeder is refused everything but publishing to its platform's exchange."""
    async with client_of("hub-telegram") as client:
        for what, call in FEEDERS.items():
            assert "ACCESS_REFUSED" in await refused(call, client), what


async def test_a_runner_can_do_nothing_but_consume(client_of):
    """A runner is refused everything but consuming its model's queue."""
    async with client_of("runner-m") as client:
        for what, call in RUNNERS.items():
            assert "ACCESS_REFUSED" in await refused(call, client), what


async def test_an_operator_can_do_nothing_but_look_after_the_dead(client_of):
    """An operator is refused everything but the dead letters and the exchange for redriving."""
    async with client_of("pointsman-operator") as client:
        for what, call in OPERATORS.items():
            assert "ACCESS_REFUSED" in await refused(call, client), what


async def test_an_operator_can_do_its_work(client_of):
    """An operator reads dead letters, writes some, redrives them, and keeps others off meanwhile."""
    async with client_of("pointsman-operator") as client:
        lock = await client.channel.declare_queue("dead.lock", exclusive=True)
        await client.publish("", b"x", exchange="dead")
        await client.publish("", b"y", exchange="in.redrive")
        assert len(await client.dead_letters(2)) == 2
        async with client_of("pointsman-operator") as other:
            with pytest.raises(Exception, match="RESOURCE_LOCKED"):
                await other.channel.declare_queue("dead.lock", exclusive=True)
        await lock.delete()


async def test_an_operator_may_listen_and_make_nothing_up(broker, vhost, users, client_of):
    """The operators' user hears the figures of all workers and may publish none."""
    await (await FiguresOutlet.open(broker.url(vhost), Settings.load({}, {}, {}))).close()
    await (await listening(url_of(broker, vhost, users["pointsman-operator"]))).close()
    async with client_of("pointsman-operator") as client:
        for exchange in ("figures", "turns", "in.cli"):
            assert "ACCESS_REFUSED" in await refused(publishing(exchange, "k"), client), exchange


async def test_feeders_and_runners_can_do_their_work(client_of, users):
    """What feeders publish comes to the runners as jobs, whatever a model's queue is called."""
    names = {name for name, user in users.items() if user.role is Role.RUNNER}
    assert len(names) == 4
    (odd,) = (name for name in names if "~" in name)
    accept_any_name()
    async with (
        client_of("hub-telegram") as telegram,
        client_of("feeder-slack") as slack,
        client_of("feeder-cli") as terminal,
        client_of("runner-m") as m,
        client_of("queue-runner-batch") as batch,
        client_of(odd) as other,
    ):
        await telegram.publish("telegram", {"text": "x"}, user_id="hub-telegram")
        await slack.publish("slack", {"text": "y"})
        await terminal.publish("cli", {"text": "z", "override": {"model": ODD}})
        (job,) = await m.jobs("m", 1)
        assert job["source"]["publisher"] == "hub-telegram"
        assert job["source"]["verified"] is True
        await (await batch.collect("batch")).wait_for(1)
        await other.jobs(ODD, 1)


async def test_a_feeder_speaks_only_in_its_own_name(client_of):
    """The broker refuses a `user_id` that is not the feeder's own."""
    async with client_of("feeder-slack") as client:
        forged = publishing("in.slack", "k", user_id="hub-telegram")
        with pytest.raises(Exception, match="PRECONDITION_FAILED"):
            await asyncio.wait_for(forged(client.channel), PATIENCE)


@pytest.mark.parametrize("header", ["CC", "BCC"])
async def test_copies_go_where_the_exchange_leads(client_of, vhost_url, header):
    """A copy to another key goes through the feeder's exchange, and never into a model's queue."""
    async with client_of("feeder-slack") as feeder, Client(vhost_url) as operator:
        copies = {header: ["turns.m", "dead", "inbound.0"]}
        await feeder.publish("slack", {"text": "x", "message_id": "1"}, headers=copies)
        await (await operator.collect("batch")).wait_for(1)
        assert await operator.waiting("turns.m") == 0
        assert await operator.waiting("dead") == 0


def lacks(user: BrokerUser, kind: str, one: str) -> BrokerUser:
    """Return another user with all its permissions but one."""
    names = getattr(user, kind)
    fewer = Names(names.exact - {one}, names.beginnings - {one})
    changes: dict[str, Any] = {"name": f"without-{kind}-{one}", kind: fewer}
    return replace(user, **changes)


async def refusal_of(broker, vhost, user: BrokerUser) -> str | None:
    """What a worker hears who declares, consumes and publishes as this user; None if all is well."""
    url = url_of(broker, vhost, user)
    table = load_table(json.dumps(CONFIG).encode(), {}).table
    assert table is not None
    settings = Settings.load({"partitions": "2"}, {}, {})
    topology = plan_topology(table, settings)
    async with Client(broker.url(vhost)) as operator:
        for queue in (
            *topology.turns,
            *topology.isolated.values(),
        ):  # a queue that is there asks for less
            await operator.channel.queue_delete(queue.name)
    try:
        await (await AmqpLink.open(url, settings, topology, topology.consumed)).close()
        await (await FiguresOutlet.open(url, settings)).close()
        for exchange in ("turns", "dead", "figures"):
            async with Client(url) as client:
                await publishing(exchange, "turns.m", mandatory=False)(client.channel)
        await (await listening(url)).close()
    except (AccessRefused, ChannelAccessRefused) as error:
        return str(error)
    return None


async def test_a_worker_needs_all_that_it_may(broker, vhost):
    """A worker that lacks any one of its permissions cannot do its work."""
    worker, *_ = planned_users(CONFIG)
    lacking = [
        lacks(worker, kind, one)
        for kind in ("configure", "write", "read")
        for names in [getattr(worker, kind)]
        for one in sorted(names.exact | names.beginnings)
    ]
    grant(broker, vhost, [worker, *lacking])
    accept_any_name()
    assert await refusal_of(broker, vhost, worker) is None
    for user in lacking:
        assert "ACCESS_REFUSED" in (await refusal_of(broker, vhost, user) or ""), user.name


def test_the_printed_lines_do_the_same(own_broker, installation, tmp_path):
    """The lines for rabbitmqctl, run by a shell, give the users that the definitions give."""
    table, passwords = tmp_path / "table.yaml", tmp_path / "passwords"
    table.write_text(json.dumps(SMALL), encoding="utf-8")
    asked = [*COMMAND, "topology", "permissions", f"--config={table}", "--vhost=a b"]
    made = [f"--create-passwords={passwords}"]
    lines = subprocess.run([*asked, *made], capture_output=True, text=True, check=True)
    given = [f"--passwords={passwords}", "--format=json"]
    asked_json = subprocess.run([*asked, *given], capture_output=True, text=True, check=True)
    definitions = json.loads(asked_json.stdout)
    node = own_broker()
    node.add_vhost("a b")
    path = f"{installation.scripts}:{os.environ['PATH']}"
    environ = {**node.environment(), "PATH": path}
    subprocess.run(["sh", "-eu"], input=lines.stdout, env=environ, text=True, check=True)
    there = json.loads(node.rabbitmqctl("list_permissions", "-p", "a b", "--formatter", "json"))
    by_user = {entry.pop("user"): entry for entry in there if entry["user"] != "guest"}
    for entry in definitions["permissions"]:
        wanted = {kind: entry[kind] for kind in ("configure", "write", "read")}
        assert by_user.pop(entry["user"]) == wanted
    assert by_user == {}
    password = (passwords / "hub-telegram").read_text("utf-8").strip()
    assert "Success" in node.rabbitmqctl("authenticate_user", "hub-telegram", password)
    limits = json.loads(node.rabbitmqctl("list_user_limits", "--user", "hub-telegram"))
    assert limits == {"max-connections": 20, "max-channels": 100}


def test_the_definitions_let_in_whom_a_password_is_for(own_broker, tmp_path):
    """Definitions loaded at a broker's start make the users, and nobody else gets in."""
    table, passwords = tmp_path / "table.yaml", tmp_path / "passwords"
    table.write_text("model: m", encoding="utf-8")
    file = tmp_path / "definitions.json"
    asked = [*COMMAND, "topology", "permissions", f"--config={table}", "--format=json"]
    made = [f"--create-passwords={passwords}"]
    with file.open("w") as output:
        subprocess.run([*asked, *made], stdout=output, check=True)
    node = own_broker(config=f"load_definitions = {file}")
    password = (passwords / "pointsman-worker").read_text("utf-8").strip()
    url = node.url("/", "pointsman-worker", password)
    with PointsmanRun(url, "model: m", tmp_path):
        pass
    with pytest.raises(ControlCommandFailed):
        node.rabbitmqctl("authenticate_user", "guest", "guest")
    with pytest.raises(ControlCommandFailed):
        node.rabbitmqctl("authenticate_user", "feeder-cli", password)
