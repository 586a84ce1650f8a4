"""What becomes of a worker whose broker is not there, goes away, or says no."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.broker.client import Client
from tests.broker.service import PointsmanRun, wait_until
from worker.amqp.connect import connect, open_channel
from worker.amqp.errors import BrokerUnavailable
from worker.demo.free_port import free_port
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

TABLE = {"model": "m", "platforms": {"telegram": {}}}
PASSWORD = "canary-password-of-the-broker"
BROKER_ERROR = 3
ANYTHING = (".*", ".*", ".*")
NOTHING = ("^$", "^$", "^$")


@pytest.fixture(scope="module")
def node(installation: RabbitmqInstallation) -> Iterator[PrivateBroker]:
    """A node that the tests of this file may harm; each leaves it running."""
    with PrivateBroker(installation) as node:
        yield node


@pytest.fixture
def url(node: PrivateBroker) -> str:
    """The URL of an empty virtual host on that node."""
    name = uuid4().hex[:12]
    node.add_vhost(name)
    return node.url(name)


def restart(node: PrivateBroker) -> None:
    node.start()
    node.wait_ready()


def add_user(node: PrivateBroker, permissions: tuple[str, str, str]) -> str:
    name = uuid4().hex[:12]
    node.rabbitmqctl("add_user", name, PASSWORD)
    node.rabbitmqctl("set_permissions", "-p", "/", name, *permissions)
    return name


def written_at(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(line["timestamp"])


def routes_a_message(url: str) -> bool:
    """Publish a message and wait until it is a job."""

    async def route() -> bool:
        name = uuid4().hex
        source = {"chat_id": name, "chat_type": "dm"}
        async with Client(url) as client:
            await client.publish("telegram", {"message_id": name, "text": "hi", "source": source})
            jobs = await client.jobs("m", 1)
            return bool(jobs[-1]["message"]["message_id"] == name)

    return asyncio.run(route())


def test_it_waits_for_a_broker_that_is_not_there_yet(node, url, tmp_path):
    """Started before its broker it stays up, says why it is not ready, and serves once it can."""
    node.stop()
    run = PointsmanRun(url, TABLE, tmp_path)
    try:
        run.wait_for_log("not connected")
        status, report = run.get("/ready")
        assert (status, run.get("/live")[0]) == (503, 200)
        assert f"cannot connect to amqp://127.0.0.1:{node.port}" in report["problem"]
        assert (report["connected"], report["partitions_consumed"]) == (False, 0)
    finally:
        restart(node)
    with run:
        assert routes_a_message(url)


def test_it_can_be_stopped_while_it_waits(tmp_path):
    """SIGTERM ends a worker that has never seen its broker, with exit code 0 and no complaint."""
    url = f"amqp://guest:{PASSWORD}@127.0.0.1:{free_port()}/"
    run = PointsmanRun(
        url, TABLE, tmp_path, reconnect_backoff_min="100s", reconnect_backoff_max="100s"
    )
    run.wait_for_log("not connected")
    run.stop()
    assert run.complaints == []
    assert PASSWORD not in run.text


def test_it_comes_back_with_its_broker(node, url, tmp_path):
    """A broker that is stopped and started costs a worker only the time it is away."""
    with PointsmanRun(url, TABLE, tmp_path) as run:
        assert routes_a_message(url)
        node.stop()
        run.wait_for_log("broker lost")
        assert not run.is_ready
        restart(node)
        run.wait_ready()
        assert routes_a_message(url)


def test_it_reconnects_when_its_connections_are_closed(node, url, tmp_path):
    """An operator who closes all connections gets them back, and his reason in the log."""
    with PointsmanRun(url, TABLE, tmp_path) as run:
        node.close_all_connections("closed by a test")
        assert "closed by a test" in run.wait_for_log("broker lost")["why"]
        wait_until(lambda: len(run.logged("consuming")) == 2, "it consumes again")
        run.wait_ready()
        assert routes_a_message(url)


def test_it_does_not_come_back_in_the_same_instant(node, url, tmp_path):
    """After a loss it waits for its backoff before it connects, as all workers lose a broker at once."""
    with PointsmanRun(
        url, TABLE, tmp_path, reconnect_backoff_min="2s", reconnect_backoff_max="2s"
    ) as run:
        node.close_all_connections()
        wait_until(lambda: len(run.logged("consuming")) == 2, "it consumes again")
        lost, back = run.logged("broker lost")[0], run.logged("consuming")[1]
        assert written_at(back) - written_at(lost) >= timedelta(seconds=2)
        run.wait_ready()


def test_one_of_several_hosts_is_enough(node, url, tmp_path):
    """It finds the host that answers among those that do not, at the start and after a loss."""
    dead = [f"amqp://guest:{PASSWORD}@127.0.0.1:{free_port()}/" for _ in range(2)]
    with PointsmanRun(f"{dead[0]},{url},{dead[1]}", TABLE, tmp_path) as run:
        node.close_all_connections()
        wait_until(lambda: len(run.logged("consuming")) == 2, "it consumes again")
        run.wait_ready()
        assert routes_a_message(url)
    assert PASSWORD not in run.text


def refused(node: PrivateBroker, kind: str) -> tuple[str, str]:
    """The URL that is refused in this way, and what it is called."""
    match kind:
        case "wrong password":
            return node.url(password=PASSWORD), "ACCESS_REFUSED"
        case "no such user":
            return node.url(user="nobody", password=PASSWORD), "ACCESS_REFUSED"
        case "no permission":
            return node.url(user=add_user(node, NOTHING), password=PASSWORD), "ACCESS_REFUSED"
        case "no such vhost":
            return node.url("not-there"), "the virtual host does not exist"
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind", ["wrong password", "no such user", "no permission", "no such vhost"]
)
def test_it_ends_when_the_broker_refuses_it(node, tmp_path, kind):
    """Refused for `auth_timeout` it exits with 3 and one line that says why, without a password."""
    url, complaint = refused(node, kind)
    run = PointsmanRun(url, TABLE, tmp_path, auth_timeout="1s")
    run.wait_exit(BROKER_ERROR)
    (line,) = run.complaints
    assert line.startswith("pointsman: cannot ")
    assert complaint in line
    assert len(run.logged("not connected")) > 1
    assert PASSWORD not in run.text


def test_a_password_that_becomes_right_in_time_is_enough(node, tmp_path):
    """Until `auth_timeout` has passed refused credentials are tried again."""
    user = add_user(node, ANYTHING)
    node.rabbitmqctl("change_password", user, "another")
    run = PointsmanRun(node.url(user=user, password=PASSWORD), TABLE, tmp_path)
    assert "ACCESS_REFUSED" in run.wait_for_log("not connected")["why"]
    node.rabbitmqctl("change_password", user, PASSWORD)
    with run:
        assert routes_a_message(node.url())


def test_a_password_changed_under_way_ends_it(node, tmp_path):
    """When it may not come back after a loss it exits with 3, once `auth_timeout` has passed."""
    user = add_user(node, ANYTHING)
    url = node.url(user=user, password=PASSWORD)
    run = PointsmanRun(url, TABLE, tmp_path, auth_timeout="1s")
    run.wait_ready()
    node.rabbitmqctl("change_password", user, "another")
    node.close_all_connections()
    run.wait_exit(BROKER_ERROR)
    (line,) = run.complaints
    assert "ACCESS_REFUSED" in line
    assert PASSWORD not in run.text


def test_a_broker_that_freezes_is_noticed(node, url, tmp_path):
    """A broker that says nothing makes it unready within 35 s; once thawed it is served again."""
    with PointsmanRun(url, TABLE, tmp_path) as run:
        assert routes_a_message(url)
        node.freeze()
        try:
            wait_until(lambda: not run.is_ready, "a frozen broker is noticed", timeout=35)
            assert run.get("/live")[0] == 200
            assert run.get("/ready")[1]["problem"]
        finally:
            node.thaw()
        run.wait_ready()
        assert routes_a_message(url)


async def test_a_channel_to_a_frozen_broker_is_given_up(node, url):
    """A broker that does not answer a call fails it in time, long before the heartbeat does."""
    connection = await connect(url, name="test", heartbeat=600, timeout=10.0)
    node.freeze()
    try:
        with pytest.raises(BrokerUnavailable):
            async with asyncio.timeout(30.0), open_channel(connection, 0.5):
                pass
    finally:
        node.thaw()
        await connection.close()
