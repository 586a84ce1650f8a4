"""How soon `/ready` says no: within 2 s of what the broker tells, within 35 s of its silence."""

import asyncio
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest

from tests.broker.service import PointsmanRun, eventually, wait_until
from tests.campaign.gate import Gate, Traffic
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

TOLD = 2.0  # seconds
SILENT = 35.0
TABLE = {"model": "m", "platforms": {"telegram": {}, "wild": {"isolated": True}}}
USER, PASSWORD = "worker-to-go", "its-password"
# What is lost stays lost for as long as a test looks.
PATIENT: dict[str, Any] = {"reconnect_backoff_min": "60s", "reconnect_backoff_max": "60s"}
CHANNELS_THAT_CONSUME = (
    "P <- rabbit_channel:list(), [{_, N}] <- [rabbit_channel:info(P, [consumer_count])], N > 0"
)


@pytest.fixture(scope="module")
def node(installation: RabbitmqInstallation) -> Iterator[PrivateBroker]:
    """A node to be harmed."""
    with PrivateBroker(installation) as node:
        yield node


@pytest.fixture
def doomed(node: PrivateBroker) -> Iterator[str]:
    """A virtual host, and a user, that a test may delete; the node runs on behind it.

    It stays: to delete it right after a start of RabbitMQ 3.10 breaks whatever has a quorum queue.
    """
    name = f"to-go-{uuid.uuid4().hex[:12]}"
    anything = {"configure": ".*", "write": ".*", "read": ".*"}
    node.import_definitions(
        {
            "vhosts": [{"name": name}],
            "users": [{"name": USER, "password": PASSWORD, "tags": ""}],
            "permissions": [{"user": user, "vhost": name, **anything} for user in (USER, "guest")],
        }
    )
    yield name
    node.start()
    node.wait_ready()


@pytest.fixture
def url(node: PrivateBroker, doomed: str) -> str:
    """The user's URL of the virtual host."""
    return node.url(doomed, USER, PASSWORD)


def _close_connection(node: PrivateBroker, purpose: str) -> None:
    named = node.rabbitmqctl("list_connections", "pid", "client_properties")
    (pid,) = (line.split("\t")[0] for line in named.splitlines() if f" {purpose}" in line)
    node.rabbitmqctl("close_connection", pid, "closed by a test")


def _delete_queue(node: PrivateBroker, vhost: str, name: str) -> None:
    node.rabbitmqctl("delete_queue", "-p", vhost, name)


def _delete_exchange(node: PrivateBroker, vhost: str, name: str) -> None:
    resource = f'rabbit_misc:r(<<"{vhost}">>, exchange, <<"{name}">>)'
    assert node.evaluate(f'rabbit_exchange:delete({resource}, false, <<"t">>)') == "ok"


def _is_unready(run: PointsmanRun) -> bool:
    return not run.is_ready


def _alarm(node: PrivateBroker, kind: str, *, on: bool) -> None:
    if kind == "memory":
        node.set_memory_alarm(on=on)
    else:
        node.rabbitmqctl("set_disk_free_limit", "1000000GB" if on else "50MB")


def _through(gate: Gate, node: PrivateBroker, url: str) -> str:
    return url.replace(f":{node.port}/", f":{gate.port}/")


HARMS: dict[str, tuple[Callable[[PrivateBroker, str], object], str]] = {
    "all connections closed": (
        lambda node, _: node.close_all_connections("by a test"),
        "by a test",
    ),
    "one connection closed: deliveries": (
        lambda node, _: _close_connection(node, "consume"),
        "test",
    ),
    "one connection closed: jobs": (lambda node, _: _close_connection(node, "publish"), "test"),
    "partition deleted": (
        lambda node, vhost: _delete_queue(node, vhost, "inbound.3"),
        "cancelled a consumer",
    ),
    "isolated queue deleted": (
        lambda node, vhost: _delete_queue(node, vhost, "inbound@wild"),
        "cancelled",
    ),
    "delivery channel crashed": (
        lambda node, _: node.evaluate(f"[exit(P, crash) || {CHANNELS_THAT_CONSUME}]"),
        "",
    ),
    "publishing channel closed": (
        lambda node, vhost: _delete_exchange(node, vhost, "turns"),
        "NOT_FOUND",
    ),
    "virtual host deleted": (lambda node, vhost: node.delete_vhost(vhost), ""),
    "user deleted": (lambda node, _: node.rabbitmqctl("delete_user", USER), ""),
    "broker stopped": (lambda node, _: node.stop(), ""),
    "broker killed": (lambda node, _: node.kill(), ""),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_the_broker_tells_is_seen_at_once(node, doomed, url, tmp_path, harm):
    """Within 2 s of a loss, without any traffic, `/ready` says no and why; the worker is alive."""
    cause, why = HARMS[harm]
    with PointsmanRun(url, TABLE, tmp_path, **PATIENT) as run:
        assert run.get("/ready")[1]["partitions_consumed"] == 9
        cause(node, doomed)
        wait_until(lambda: not run.is_ready, "/ready says no", timeout=TOLD)
        report = run.get("/ready")[1]
        facts = ("connected", "channels_open", "partitions", "partitions_consumed")
        assert [report[fact] for fact in facts] == [False, False, 9, 0]
        assert report["problem"]
        assert why in report["problem"]
        assert run.get("/live")[0] == 200


async def test_a_connection_that_is_reset_is_seen_at_once(node, url, tmp_path):
    """A network that resets what it carried, and lets nobody back in, makes it unready within 2 s."""
    gate = await Gate.open(node.port, Traffic(), random.Random(1))
    run = PointsmanRun(_through(gate, node, url), TABLE, tmp_path, **PATIENT)
    try:
        await asyncio.to_thread(run.wait_ready)
        await gate.close()
        await eventually(lambda: not run.is_ready, "/ready says no", timeout=TOLD)
        assert run.get("/ready")[1]["connected"] is False
    finally:
        run.kill()


@pytest.mark.parametrize("alarm", ["memory", "disk"])
def test_an_alarm_is_seen_at_once_by_a_worker_without_work(node, url, tmp_path, alarm):
    """Feeders cannot publish during an alarm, so nothing comes: it says so all the same, within 2 s."""
    with PointsmanRun(url, TABLE, tmp_path) as run:
        _alarm(node, alarm, on=True)
        try:
            wait_until(lambda: not run.is_ready, "/ready says no", timeout=TOLD)
            report = run.get("/ready")[1]
            assert (report["connected"], report["publishing_blocked"]) == (True, True)
            assert "alarm" in report["problem"]
        finally:
            _alarm(node, alarm, on=False)
        run.wait_ready(TOLD)
        assert len(run.logged("consuming")) == 1


async def test_silence_is_seen_in_time(node, url, tmp_path):
    """Both connections silent, or either one: within 35 s `/ready` says no."""
    async with AsyncExitStack() as opened:
        runs: dict[tuple[int, ...], tuple[Gate, PointsmanRun]] = {}
        connections: tuple[tuple[int, ...], ...] = ((0, 1), (0,), (1,))  # deliveries, then jobs
        for silent in connections:
            gate = await Gate.open(node.port, Traffic(), random.Random(1))
            opened.push_async_callback(gate.close)
            run = PointsmanRun(_through(gate, node, url), TABLE, tmp_path, **PATIENT)
            opened.callback(run.kill)
            await asyncio.to_thread(run.wait_ready)
            runs[silent] = (gate, run)
        for silent, (gate, _) in runs.items():
            for number in silent:
                gate.stall_number(number)
        deadline = asyncio.get_running_loop().time() + SILENT
        for silent, (_, run) in runs.items():
            left = deadline - asyncio.get_running_loop().time()
            await eventually(partial(_is_unready, run), f"{silent} silent", timeout=left)


def test_a_worker_that_only_stands_by_is_ready(vhost_url, run_pointsman):
    """The second of two workers has nothing to do, and could have at any time."""
    run_pointsman(TABLE, worker_id="one")
    standby = run_pointsman(TABLE, worker_id="two")
    status, report = standby.get("/ready")
    assert (status, report["partitions_consumed"], report["totals"]["outcomes"]) == (200, 9, {})
