"""RabbitMQ in a container of the Docker engine, removed when it has done its work."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.demo.amqp_greeting import amqp_greeting
from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.machine import Machine

IMAGE = "rabbitmq:4.3"

_ANSWER_TIMEOUT = 5.0
_COMMAND_TIMEOUT = 30.0
_FETCH_AND_START_TIMEOUT = 600.0
_READY_TIMEOUT = 120.0
_ENABLE_PLUGIN_AND_START = (
    "rabbitmq-plugins enable --offline rabbitmq_consistent_hash_exchange"
    " && exec docker-entrypoint.sh rabbitmq-server"
)


def docker_answers(machine: Machine) -> bool:
    """Whether there is a Docker engine behind the `docker` command."""
    if machine.which("docker") is None:
        return False
    asked = machine.run(["docker", "version", "--format", "{{.Server.Version}}"], _ANSWER_TIMEOUT)
    return asked.code == 0


@contextmanager
def docker_broker(
    machine: Machine, say: Callable[[str], None], ready_timeout: float = _READY_TIMEOUT
) -> Iterator[int]:
    """Run the official image and give its AMQP port on 127.0.0.1, once it is ready.

    Raises `BrokerUnavailable` if the container does not start or does not answer in time.
    """
    name = f"pointsman-{secrets.token_hex(6)}"
    say(f"Starting RabbitMQ with Docker ({IMAGE}; fetched first if it is not here) ...")
    try:
        _run_container(machine, name)
        port = _published_port(machine, name)
        _wait_ready(machine, name, port, ready_timeout)
        yield port
    finally:
        machine.run(["docker", "rm", "--force", "--volumes", name], _COMMAND_TIMEOUT)


def _run_container(machine: Machine, name: str) -> None:
    # The engine picks the port: nobody can take it first.
    options = ["--detach", "--rm", "--name", name, "--publish", "127.0.0.1::5672"]
    command = ["docker", "run", *options, IMAGE, "sh", "-c", _ENABLE_PLUGIN_AND_START]
    _checked(machine, command, _FETCH_AND_START_TIMEOUT)


def _published_port(machine: Machine, name: str) -> int:
    published = _checked(machine, ["docker", "port", name, "5672/tcp"], _COMMAND_TIMEOUT)
    port = published.splitlines()[0].rpartition(":")[2] if published else ""
    if not port.isdecimal():
        raise BrokerUnavailable("Docker published no port for RabbitMQ")
    return int(port)


def _wait_ready(machine: Machine, name: str, port: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not amqp_greeting(port):
        # Fails once the container has ended: it is removed at once then.
        _checked(machine, ["docker", "inspect", name], _COMMAND_TIMEOUT)
        if time.monotonic() > deadline:
            raise BrokerUnavailable(f"RabbitMQ in Docker did not answer within {timeout:g} s")
        time.sleep(0.5)


def _checked(machine: Machine, command: list[str], timeout: float) -> str:
    ran = machine.run(command, timeout)
    if ran.code:
        said = ran.output.strip().splitlines()
        raise BrokerUnavailable(f"docker {command[1]} failed: {said[-1] if said else ran.code}")
    return ran.output.strip()
