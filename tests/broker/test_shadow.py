"""A shadow beside the real workers: what it sees and says, and that nobody notices it."""

import json
import re
import shlex
import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.broker.client import Client
from tests.broker.listed import listed
from tests.broker.service import PointsmanRun, eventually, wait_until
from tests.broker.shadowed import MESSAGES, SAID, TABLE, message, publish_all
from worker.amqp.errors import TopologyMismatch
from worker.amqp.tap import ARGUMENTS, Tap
from worker.demo.private_broker import PrivateBroker
from worker.settings import Settings

IN = {"in.cli", "in.cron", "in.discord", "in.hub", "in.redrive", "in.telegram"}
ADOPTING = Path(__file__).parents[2] / "docs" / "adopting.md"
PASSWORD = "canary-password-of-the-broker"


def names(broker: PrivateBroker, vhost: str, what: str) -> set[str]:
    """The names of all exchanges or queues of a virtual host, those of the broker left out."""
    found = {each["name"] for each in listed(broker, vhost, what, "name")}
    return {name for name in found if name and not name.startswith("amq.")}


def decided(lines: list[dict[str, Any]]) -> list[str]:
    """What a worker and a shadow both say of a message, in an order of its own."""
    fields = "outcome message_id conversation platform source_kind route queue reason turn_id"
    return sorted(str([line.get(name) for name in fields.split()]) for line in lines)


async def test_a_shadow_decides_what_the_real_worker_decides(vhost_url, run_pointsman):
    """Beside a real worker it sees every message once and says of each what became of it: outcome, rule, queue, model, variant."""
    real = run_pointsman(TABLE)
    shadow = run_pointsman(TABLE, shadow=True)
    async with Client(vhost_url) as client:
        await publish_all(client)
        await eventually(lambda: len(real.logged("delivery")) >= len(MESSAGES), "all ended")
        await eventually(lambda: len(shadow.logged("decision")) >= len(MESSAGES), "all decided")
        lines = shadow.logged("decision")
        queues = {line["queue"] for line in lines if line["outcome"] == "accepted"}
        accepted = real.logged("delivery", outcome="accepted")
        collectors = [await client.collect(queue) for queue in sorted(queues)]
        await eventually(
            lambda: sum(len(each.jobs) for each in collectors) >= len(accepted), "all jobs"
        )
        jobs = {job["turn_id"]: job for each in collectors for job in each.jobs}
    assert len(lines) == len(MESSAGES)
    assert decided(lines) == decided(real.logged("delivery"))
    assert len(queues) == 9
    for line in shadow.logged("decision", outcome="accepted"):
        job = jobs.pop(line["turn_id"])
        assert line["model"] == job["runtime"]["model"]
        assert line.get("variant") == job["route"]["variant"]
    assert not jobs
    assert SAID not in shadow.text


async def test_a_shadow_takes_and_gives_nothing(vhost_url, run_pointsman):
    """Without a worker everything stays in the partitions, and no queue of turns or dead letters gains a message."""
    run_pointsman(TABLE, partitions=1).stop()
    shadow = run_pointsman(TABLE, shadow=True)
    async with Client(vhost_url) as client:
        await publish_all(client)
        await eventually(lambda: len(shadow.logged("decision")) == len(MESSAGES), "all decided")
        shadow.stop()
        assert await client.waiting("inbound.0") == len(MESSAGES)
        models = ("base", "owner", "gold", "long", "a", "b", "hub", "cheap", "chosen")
        for queue in ("dead", "own.queue", *(f"turns.m-{model}" for model in models)):
            assert await client.waiting(queue) == 0


@pytest.mark.parametrize("killed", [False, True])
def test_a_shadow_leaves_nothing_behind(killed, broker, vhost, run_pointsman):
    """Stopped or killed, it leaves the exchanges and queues that were there and no other."""
    run_pointsman(TABLE, partitions=1).stop()
    before = names(broker, vhost, "exchanges"), names(broker, vhost, "queues")
    shadow = run_pointsman(TABLE, shadow=True, worker_id="w")
    (own,) = names(broker, vhost, "queues") - before[1]
    assert own.startswith("shadow.w.")
    shadow.kill() if killed else shadow.stop()
    wait_until(lambda: names(broker, vhost, "queues") == before[1], "its queue is gone")
    assert names(broker, vhost, "exchanges") == before[0]


def test_alone_a_shadow_declares_entries_and_nothing_else(broker, vhost, run_pointsman):
    """Where exchanges are missing it makes those it listens to, and says so; no partitions, no queues of turns, no dead."""
    shadow = run_pointsman(TABLE, shadow=True)
    assert names(broker, vhost, "exchanges") == IN
    assert len(names(broker, vhost, "queues")) == 1
    said = shadow.logged("declared an exchange that was missing")
    assert {line["exchange"] for line in said} == IN


async def test_the_queue_of_a_shadow_is_bounded(broker, vhost, run_pointsman):
    """It is exclusive and deleted with its connection, and has bounds at which it drops its oldest."""
    run_pointsman(TABLE, shadow=True)
    columns = ("arguments", "exclusive", "auto_delete", "durable")
    (queue,) = listed(broker, vhost, "queues", *columns)
    arguments = queue["arguments"]
    assert arguments == ARGUMENTS
    assert ARGUMENTS["x-overflow"] == "drop-head"
    assert ARGUMENTS["x-max-length"] <= 10_000
    assert (queue["exclusive"], queue["auto_delete"], queue["durable"]) == (True, True, False)


async def test_a_forgotten_shadow_refuses_nobody(monkeypatch, vhost_url):
    """Beyond its bound its oldest messages go, and whoever publishes is confirmed all the same."""
    monkeypatch.setitem(ARGUMENTS, "x-max-length", 5)
    settings = Settings.load({"amqp_url": vhost_url, "prefetch": "1"}, {}, {})
    tap = await Tap.open(vhost_url, settings, ["in.telegram"], "own", "test")
    try:
        async with Client(vhost_url) as client:
            for number in range(20):
                await client.publish("telegram", message(number))
        assert await tap.waiting() == 5
        numbers = [json.loads(each.body)["message_id"] for each in await tap.receive(1)]
        assert numbers == ["0"]
        await tap.settle()
        (oldest,) = await tap.receive(30)
        assert json.loads(oldest.body)["message_id"] == "15"
    finally:
        await tap.close()


async def test_a_lost_connection_is_a_gap_that_is_told(vhost, vhost_url, broker, run_pointsman):
    """After a lost connection it goes on, says for how long it saw nothing, and again at its end."""
    shadow = run_pointsman(TABLE, shadow=True)
    broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by a test")
    assert shadow.wait_for_log("not seen")["seconds"] > 0
    async with Client(vhost_url) as client:
        await client.publish("telegram", message(1))
    shadow.wait_for_log("decision", message_id="1")
    shadow.stop()
    assert shadow.logged("summary")[-1]["gaps"] == 1
    assert [line for line in shadow.complaints if "not seen" in line]


async def test_a_shadow_sums_up(vhost_url, run_pointsman):
    """Now and then, and at the end, it says per rule how many went to which model, and why others are dead."""
    shadow = run_pointsman(TABLE, shadow=True, summary_every="50ms")
    async with Client(vhost_url) as client:
        await client.publish("telegram", message(1, chat="42"))
        shadow.wait_for_log("summary", messages=1)
        await publish_all(client)
        await eventually(lambda: len(shadow.logged("decision")) > len(MESSAGES), "all decided")
    shadow.stop()
    *_, last = shadow.logged("summary")
    assert last["messages"] == len(MESSAGES) + 1
    assert last["rules"]["routes[1]"] == {"m-owner": 1}
    assert last["rules"]["platforms.hub"] == {"m-hub": 1, "m-chosen": 1}
    assert last["dead"] == {"denied": 1, "loop": 1, "malformed": 2, "platform_mismatch": 1}
    assert last["duplicates"] == 2
    assert (last["seconds_not_seen"], last["gaps"]) == (0, 0)
    assert not [line for line in shadow.complaints if "not seen" in line]
    assert f"{len(MESSAGES) + 1} messages" in shadow.complaints
    assert any(line.split() == ["1", "platforms.hub", "->", "m-hub"] for line in shadow.complaints)


def test_a_shadow_keeps_its_table(run_pointsman):
    """Told to look at its table again, it says that it does not, and goes on."""
    shadow = run_pointsman(TABLE, shadow=True)
    shadow.signal(signal.SIGHUP)
    shadow.wait_for_log("a shadow keeps its table")
    assert shadow.is_ready


def test_a_shadow_is_ready_while_it_looks_on(run_pointsman):
    """Its `/ready` says that it is connected and by which table it decides."""
    status, report = run_pointsman(TABLE, shadow=True).get("/ready")
    assert (status, report["connected"], report["partitions_consumed"]) == (200, True, 0)
    assert report["table"]


def add_user(broker: PrivateBroker, vhost: str, *permissions: str) -> str:
    name = uuid4().hex[:12]
    broker.rabbitmqctl("add_user", name, PASSWORD)
    broker.rabbitmqctl("set_permissions", "-p", vhost, name, *permissions)
    return name


def test_a_user_who_may_only_read_is_enough(broker, vhost, run_pointsman):
    """Where the exchanges exist, the permissions that the page on adopting names are enough."""
    run_pointsman(TABLE, partitions=1).stop()
    (line,) = re.findall(r"(?m)^rabbitmqctl set_permissions .*$", ADOPTING.read_text("utf-8"))
    user = add_user(broker, vhost, *shlex.split(line)[-3:])
    shadow = run_pointsman(TABLE, broker.url(vhost, user, PASSWORD), shadow=True)
    shadow.stop()
    broker.rabbitmqctl("delete_user", user)


def test_refused_access_ends_a_shadow(broker, vhost, tmp_path):
    """A user who may not do what it takes is exit code 3 and one line."""
    user = add_user(broker, vhost, "^$", "^$", "^$")
    url = broker.url(vhost, user, PASSWORD)
    run = PointsmanRun(url, TABLE, tmp_path, shadow=True, auth_timeout="0s")
    run.wait_exit(3)
    assert [line for line in run.complaints if "ACCESS_REFUSED" in line]
    assert PASSWORD not in run.text
    broker.rabbitmqctl("delete_user", user)


async def test_an_exchange_that_gives_a_shadow_nothing_is_refused(vhost_url, tmp_path):
    """An exchange of a kind that would bring it nothing is exit code 4, by name and kind."""
    async with Client(vhost_url) as client:
        await client.channel.declare_exchange("in.telegram", "direct", durable=True)
    settings = Settings.load({"amqp_url": vhost_url}, {}, {})
    with pytest.raises(TopologyMismatch, match=r"in\.telegram: type is direct"):
        await Tap.open(vhost_url, settings, ["in.telegram"], "own", "test")
    run = PointsmanRun(vhost_url, TABLE, tmp_path, shadow=True)
    run.wait_exit(4)


async def test_a_system_that_is_not_ours_is_looked_on_as_well(vhost_url, run_pointsman):
    """Exchanges of another kind and other properties do, as long as everything comes through them."""
    async with Client(vhost_url) as client:
        await client.channel.declare_exchange("in.telegram", "fanout", durable=False)
        shadow = run_pointsman(TABLE, shadow=True)
        await client.publish("telegram", message(1, chat="42"))
        line = shadow.wait_for_log("decision")
    assert (line["route"], line["model"]) == ("routes[1]", "m-owner")
