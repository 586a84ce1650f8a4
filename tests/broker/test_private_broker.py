import asyncio
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import aio_pika
import pytest

from worker.demo.amqp_greeting import amqp_greeting
from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.control_command import ControlCommandFailed
from worker.demo.evaluate import binary
from worker.demo.free_port import free_port
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

LISTENING = "0A"
LOOPBACK = "0100007F"

STARTS_A_NODE_AND_WAITS = """
import sys
from worker.demo.private_broker import PrivateBroker
with PrivateBroker() as node:
    print(node.pid, node.epmd_pid, node.directory.path, flush=True)
    sys.stdin.read()
"""


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def processes_that_mention(path: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(path).encode() in known and is_running(int(process.name)):
            found.append(process.name)
    return found


def listening_addresses(pid: int) -> set[str]:
    sockets = {str(f.readlink()) for f in Path(f"/proc/{pid}/fd").iterdir()}
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {
        fields[1].partition(":")[0]
        for fields in lines
        if fields[3] == LISTENING and f"socket:[{fields[9]}]" in sockets
    }


async def publish_persistent(url: str, queue: str, body: bytes) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(queue, durable=True)
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key=queue)


async def take_one(url: str, queue: str) -> bytes:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(queue, durable=True, passive=True)
        message = await declared.get(no_ack=True)
        assert message is not None
        return message.body


def test_it_answers_amqp_and_has_the_consistent_hash_exchange(vhost_url):
    """A client can connect, declare a consistent-hash exchange and pass a message through it."""

    async def pass_a_message_through() -> bytes:
        async with await aio_pika.connect(vhost_url) as connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange("spread", "x-consistent-hash")
            queue = await channel.declare_queue("only", durable=True)
            await queue.bind(exchange, routing_key="1")
            await exchange.publish(aio_pika.Message(b"hello"), routing_key="any")
            return await take_one(vhost_url, "only")

    assert asyncio.run(pass_a_message_through()) == b"hello"


def test_it_listens_on_loopback_only(broker):
    """Nothing of the node can be reached from another machine."""
    assert listening_addresses(broker.pid) == {LOOPBACK}
    assert listening_addresses(broker.epmd_pid) <= {LOOPBACK, "00000000000000000000000001000000"}


def test_a_vhost_is_empty_and_belongs_to_the_test(broker, vhost, vhost_url):
    """Each test gets a virtual host of its own, in which it may do anything."""
    assert broker.rabbitmqctl("list_queues", "-p", vhost, "name") == ""
    asyncio.run(publish_persistent(vhost_url, "mine", b"x"))
    assert broker.rabbitmqctl("list_queues", "-p", vhost, "name") == "mine"
    broker.add_vhost("short-lived")
    broker.delete_vhost("short-lived")
    assert "short-lived" not in broker.rabbitmqctl("list_vhosts").splitlines()


def test_a_frozen_node_says_nothing_until_it_is_thawed(broker):
    """Freezing leaves the port open and silent, and thawing brings the node back."""
    broker.freeze()
    try:
        assert amqp_greeting(broker.port, timeout=0.3) == b""
        with pytest.raises(ControlCommandFailed, match=r"^rabbitmqctl status: no answer"):
            broker.rabbitmqctl("status", timeout=2)
    finally:
        broker.thaw()
    broker.wait_ready()


def test_the_memory_alarm_goes_on_and_off(broker):
    """The memory alarm is raised and cleared as told."""
    broker.set_memory_alarm(True)
    try:
        assert "memory" in broker.evaluate("rabbit_alarm:get_alarms()")
    finally:
        broker.set_memory_alarm(False)
    assert broker.evaluate("rabbit_alarm:get_alarms()") == "[]"


def test_all_connections_can_be_closed(broker, vhost_url):
    """A connected client is no longer connected after the operator closed all connections."""

    def clients():
        return broker.rabbitmqctl("list_connections", "name")

    async def lose_the_connection() -> None:
        async with await aio_pika.connect(vhost_url):
            await asyncio.to_thread(wait_until, lambda: clients() != "", "the client is seen")
            await asyncio.to_thread(broker.close_all_connections)
            await asyncio.to_thread(wait_until, lambda: clients() == "", "the client is gone")

    asyncio.run(lose_the_connection())


@pytest.mark.parametrize("by", ["erl_call", "rabbitmqctl"])
def test_erlang_is_evaluated(broker, installation, monkeypatch, by):
    """The last value comes back as Erlang writes it; of what fails the kind is told, in one line."""
    if by == "rabbitmqctl":
        monkeypatch.setattr(RabbitmqInstallation, "erl_call", None)
    assert broker.evaluate('X = 2, {X + 1, <<"text">>, "more"}') == '{3,<<"text">>,"more"}'
    assert broker.evaluate(binary('é"')) == '<<"é\\""/utf8>>'
    failing = {
        "error(because)": "it failed, error,because",
        'binary_to_integer(<<"canary-1">>)': "it failed, error,badarg",
        'no_such:thing("canary-1")': "it failed, error,undef",
        '{a, _} = "canary-1"': "it failed, error,badmatch",
        'throw("canary-1")': "it failed, throw,other",
        '["canary-1", 2': "the node cannot read that",
    }
    for wrong, why in failing.items():
        with pytest.raises(ControlCommandFailed) as failure:
            broker.evaluate(wrong)
        assert str(failure.value) == f"evaluate: {why}"
    assert not list(broker.directory.path.glob("shared-*"))


def test_a_failed_control_command_does_not_repeat_its_arguments(broker):
    """A password given to a control command is not in the error when the command fails."""
    for arguments in (["nobody", "canary-1"], ["guest", "canary-1", "one-too-many"]):
        with pytest.raises(ControlCommandFailed) as failure:
            broker.rabbitmqctl("change_password", *arguments)
        assert "change_password" in str(failure.value)
        assert "canary" not in str(failure.value)
        assert "\n" not in str(failure.value)


@pytest.fixture(scope="module")
def mortal(installation):
    """One node for the tests that end it; each leaves it ready."""
    with PrivateBroker(installation) as node:
        yield node


def test_a_persistent_message_outlives_a_crash(mortal):
    """A killed node comes back on its port with its messages."""
    url = mortal.url()
    asyncio.run(publish_persistent(url, "crash", b"kept"))
    mortal.kill()
    assert mortal.pid is None
    assert amqp_greeting(mortal.port) == b""
    mortal.start()
    mortal.wait_ready()
    assert asyncio.run(take_one(url, "crash")) == b"kept"


def test_a_persistent_message_outlives_a_clean_stop(mortal):
    """A stopped node comes back likewise, even from a thread that ends once it has started it."""
    url = mortal.url()
    asyncio.run(publish_persistent(url, "stop", b"kept"))
    mortal.stop()
    assert mortal.pid is None
    starter = threading.Thread(target=mortal.start)
    starter.start()
    starter.join()
    mortal.wait_ready()
    assert asyncio.run(take_one(url, "stop")) == b"kept"


def test_closing_leaves_no_process_and_no_directory(own_broker):
    """After close the node, its port mapper, its helpers and its files are gone; twice is fine."""
    node = own_broker()
    pid, directory = node.pid, node.directory.path
    assert str(pid) in processes_that_mention(directory)
    node.freeze()
    node.close()
    node.close()
    assert not is_running(pid)
    assert not is_running(node.epmd_pid)
    assert not directory.exists()
    wait_until(lambda: processes_that_mention(directory) == [], "every helper ends")


def test_the_node_dies_with_its_parent():
    """When the process that started a node is killed, the node and its port mapper die too."""
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_NODE_AND_WAITS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with parent:
        assert parent.stdout is not None
        node_pid, epmd_pid, directory = parent.stdout.readline().split()
        assert is_running(int(node_pid))
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_running(int(node_pid)), "the node dies")
    wait_until(lambda: not is_running(int(epmd_pid)), "the port mapper dies")
    wait_until(lambda: processes_that_mention(Path(directory)) == [], "every helper ends")
    shutil.rmtree(directory)  # the one thing a killed process cannot see to


def test_a_port_taken_by_another_node_is_left_to_it(broker, own_broker, monkeypatch):
    """When another node got the port first, ours moves to another and is not mistaken for it."""
    ports = iter([broker.port])
    monkeypatch.setattr(
        "worker.demo.private_broker.free_port", lambda: next(ports, None) or free_port()
    )
    node = own_broker()
    assert node.port != broker.port
    assert node.pid != broker.pid
    broker.wait_ready()


def test_a_node_that_cannot_start_says_why_in_one_line(installation):
    """A node with a bad configuration ends in one clear line and leaves nothing behind."""
    node = PrivateBroker(installation, config="no.such.setting = 1")
    with pytest.raises(BrokerUnavailable, match=r"ended while starting: \S") as failure, node:
        pytest.fail("it started")
    assert "\n" not in str(failure.value)
    assert not node.directory.path.exists()


def test_scripts_that_are_not_there_are_reported():
    """A wrong directory of scripts is one clear line."""
    nowhere = RabbitmqInstallation(Path("/nowhere"))
    with (
        pytest.raises(BrokerUnavailable, match="rabbitmq-server: No such file"),
        PrivateBroker(nowhere),
    ):
        pytest.fail("it started")
