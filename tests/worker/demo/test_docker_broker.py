import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.docker_broker import docker_broker
from worker.demo.find_broker import find_broker
from worker.demo.machine import Machine, Ran

GREETING = b"\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x0a\xce"


class Engine:
    """A `docker` command whose containers publish the given port."""

    def __init__(self, port: int, *, run: int = 0, inspect: int = 0) -> None:
        self.port = port
        self.codes = {"run": run, "inspect": inspect}
        self.commands: list[list[str]] = []

    def __call__(self, command: Sequence[str], timeout: float | None) -> Ran:
        self.commands.append(list(command))
        output = f"127.0.0.1:{self.port}\n" if command[1] == "port" else f"said by {command[1]}\n"
        return Ran(self.codes.get(command[1], 0), output)

    def names(self, verb: str) -> list[str]:
        """The containers a command was given for."""
        return [
            argument
            for command in self.commands
            if command[1] == verb
            for argument in command
            if argument.startswith("pointsman-")
        ]

    @property
    def machine(self) -> Machine:
        return Machine(
            environ={}, which=str, run=self, installed=lambda: None, is_root=False, os_release=""
        )


@contextlib.contextmanager
def a_greeting_port() -> Iterator[int]:
    """A port on which everybody is greeted as a broker does."""

    def greet(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with client:
                    client.recv(8)
                    client.sendall(GREETING)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=greet, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def a_closed_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield port


def test_the_container_is_there_for_the_block_and_then_removed():
    """The broker's URL leads to the published port, and the container is removed at the end."""
    with a_greeting_port() as port:
        engine = Engine(port)
        with find_broker(lambda line: None, engine.machine) as found:
            assert found.url == f"amqp://guest:guest@127.0.0.1:{port}/"
            assert "Docker" in found.description
            assert engine.names("rm") == []
        assert engine.names("rm") == engine.names("run")
        assert len(engine.names("run")) == 1


def test_the_container_is_for_this_machine_only_and_has_the_exchange():
    """The port is published on loopback, and the consistent-hash exchange is enabled."""
    with a_greeting_port() as port:
        engine = Engine(port)
        with docker_broker(engine.machine, lambda line: None):
            run = next(command for command in engine.commands if command[1] == "run")
    assert run[run.index("--publish") + 1] == "127.0.0.1::5672"
    assert "rabbitmq_consistent_hash_exchange" in run[-1]


def test_a_container_that_does_not_start_is_reported_in_one_line():
    """When docker run fails its last line is passed on, and whatever was made is removed."""
    engine = Engine(0, run=125)
    with (
        pytest.raises(BrokerUnavailable, match=r"^docker run failed: said by run$"),
        docker_broker(engine.machine, lambda line: None),
    ):
        pytest.fail("it started")
    assert engine.names("rm") == engine.names("run")


def test_a_container_that_ends_is_not_waited_for():
    """A container that has ended before it was ready is reported at once and removed."""
    with a_closed_port() as port:
        engine = Engine(port, inspect=1)
        with (
            pytest.raises(BrokerUnavailable, match="docker inspect failed"),
            docker_broker(engine.machine, lambda line: None),
        ):
            pytest.fail("it started")
    assert engine.names("rm") == engine.names("run")


def test_a_broker_that_never_answers_is_given_up():
    """A container that runs and never answers is given up after a while and removed."""
    with a_closed_port() as port:
        engine = Engine(port)
        with (
            pytest.raises(BrokerUnavailable, match="did not answer within 0 s"),
            docker_broker(engine.machine, lambda line: None, ready_timeout=0),
        ):
            pytest.fail("it answered")
    assert engine.names("rm") == engine.names("run")
