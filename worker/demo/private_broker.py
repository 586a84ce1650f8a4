"""A RabbitMQ node of our own: loopback only, in a temporary directory, gone when we are."""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote

from worker.demo.amqp_greeting import amqp_greeting
from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.child_process import start_child
from worker.demo.control_command import run_control_command
from worker.demo.epmd import Epmd
from worker.demo.evaluate import binary, evaluate
from worker.demo.free_port import free_port
from worker.demo.node_directory import MEMORY_LIMIT, NodeDirectory, NodePorts
from worker.demo.rabbitmq_installation import RabbitmqInstallation, installed_rabbitmq

_PORT_ATTEMPTS = 5
_CONTROL_TIMEOUT = 60.0
_STOP_TIMEOUT = 60.0


class PrivateBroker:
    """One RabbitMQ node with its own port mapper, cookie, ports and directory.

    It can be stopped, killed, frozen, and started again on the same port with the same data. As a
    context manager it is ready inside the block and leaves nothing behind. If this process dies,
    the node dies with it.

    `config` is more lines for rabbitmq.conf. With a `peer` it shares that node's port mapper and
    cookie, so that the two can join; it needs another `name`, and to be closed first. Without an
    `installation` the machine's own is used. Raises `BrokerUnavailable` if there is none, or if the
    node does not start.
    """

    def __init__(
        self,
        installation: RabbitmqInstallation | None = None,
        *,
        plugins: Sequence[str] = ("rabbitmq_consistent_hash_exchange",),
        config: str = "",
        name: str = "pointsman",
        peer: "PrivateBroker | None" = None,
    ) -> None:
        found = installation or installed_rabbitmq()
        if found is None:
            raise BrokerUnavailable("no RabbitMQ server is installed")
        self._installation = found
        self._ports = NodePorts(free_port(), free_port())
        self._port_attempts = _PORT_ATTEMPTS
        self._process: subprocess.Popen[bytes] | None = None
        cookie = peer.directory.cookie if peer else secrets.token_hex(16)
        self._directory = NodeDirectory(found, plugins, config, name, cookie)
        self._owns_epmd = peer is None
        try:
            self._epmd: Epmd = peer._epmd if peer else Epmd(found)  # noqa: SLF001 - one of our own
        except BaseException:
            self._directory.remove()
            raise

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The AMQP port. It is settled once the node has been ready, and then never changes."""
        return self._ports.amqp

    @property
    def pid(self) -> int | None:
        """The node's process id; None while it is stopped."""
        return self._process.pid if self._process else None

    @property
    def epmd_pid(self) -> int:
        """The process id of the node's own port mapper."""
        return self._epmd.pid

    @property
    def directory(self) -> NodeDirectory:
        """Where the node keeps its data and its log."""
        return self._directory

    def url(
        self,
        vhost: str = "/",
        user: str = "guest",
        password: str = "guest",  # noqa: S107 - the one every new node has
    ) -> str:
        """The AMQP URL of a virtual host."""
        credentials = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"amqp://{credentials}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    def start(self) -> None:
        """Start the node, or start it again; it is not ready yet. Nothing if it is running."""
        if self._process is not None:
            return
        with self._directory.output.open("wb") as output:
            try:
                self._process = start_child(
                    self._installation.script("rabbitmq-server"),
                    env=self.environment(),
                    output=output,
                )
            except OSError as error:
                reason = error.strerror or "it cannot be run"
                raise BrokerUnavailable(f"rabbitmq-server: {reason}") from None

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return once the node answers AMQP. Raises `BrokerUnavailable` after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not self._greets():
            if self._process is None:
                raise BrokerUnavailable("the private RabbitMQ node is not running")
            if self._process.poll() is not None:
                self._process = None
                self._move_to_other_ports()
                self.start()
            if time.monotonic() > deadline:
                raise BrokerUnavailable(
                    f"the private RabbitMQ node was not ready within {timeout:g} s"
                )
            time.sleep(0.05)
        self._port_attempts = 0  # clients know the port now

    def stop(self, timeout: float = _STOP_TIMEOUT) -> None:
        """End the node in order, as an operator would. Raises `TimeoutExpired` if it does not."""
        if self._process is not None:
            self.thaw()
            self._process.terminate()
            self._process.wait(timeout)
            self._process = None

    def kill(self) -> None:
        """Crash the node: it has no chance to write anything down."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop the node from running; its connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen node run on."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End the node and everything with it, and delete its directory. Again is harmless."""
        self.kill()
        if self._owns_epmd:
            self._epmd.close()
        self._directory.remove()

    def rabbitmqctl(self, *arguments: str, timeout: float = _CONTROL_TIMEOUT) -> str:
        """Run a control command and return what it prints, without table headers.

        Raises `ControlCommandFailed` if it fails or takes longer than `timeout` seconds.
        """
        command = self._installation.script("rabbitmqctl", "--silent", *arguments)
        return run_control_command(
            f"rabbitmqctl {arguments[0]}", command, self.environment(), timeout
        )

    def evaluate(self, expressions: str) -> str:
        """Have the node evaluate Erlang, without a dot behind it; return what `evaluate` does."""
        return evaluate(
            # It greets a moment before it is all there.
            f"ok = rabbit:await_startup(), {expressions}",
            self._directory,
            self._installation,
            self.environment(),
            _CONTROL_TIMEOUT,
        )

    def add_vhost(self, name: str, user: str = "guest") -> None:
        """Create a virtual host in which `user`, who must exist, may do anything."""
        anything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.import_definitions(
            {
                "vhosts": [{"name": name}],
                "permissions": [{"user": user, "vhost": name, **anything}],
            }
        )

    def import_definitions(self, definitions: Mapping[str, object]) -> None:
        """Add virtual hosts, users, permissions and more, as RabbitMQ's definitions have them."""
        with self._directory.shared_file(json.dumps(definitions)) as file:
            self.evaluate(
                f'{{ok, Text}} = file:read_file("{file}"), ok = rabbit_definitions:import_raw(Text)'
            )

    def delete_vhost(self, name: str) -> None:
        """Delete a virtual host and all that is in it."""
        self.evaluate(f'ok = rabbit_vhost:delete({binary(name)}, <<"operator">>)')

    def close_all_connections(self, reason: str = "closed by the operator") -> None:
        """Close every client's connection, in all virtual hosts."""
        self.rabbitmqctl("close_all_connections", "--global", reason)

    def set_memory_alarm(self, on: bool) -> None:  # noqa: FBT001 - it has no other argument
        """Make the node believe that memory has run out, or end that: publishers are blocked."""
        limit = "0.0001" if on else f'{{absolute, "{MEMORY_LIMIT}"}}'
        self.evaluate(f"vm_memory_monitor:set_vm_memory_high_watermark({limit})")

    def environment(self) -> dict[str, str]:
        """The variables with which RabbitMQ's own commands reach this node."""
        return self._epmd.environment | self._directory.environment(self._ports)

    def _greets(self) -> bool:
        # Another node may have taken the port first; only ours knows its identity.
        return self._directory.identity.encode() in amqp_greeting(self.port)

    def _move_to_other_ports(self) -> None:
        if not self._directory.port_was_taken() or self._port_attempts <= 1:
            reason = self._directory.reason_not_started()
            raise BrokerUnavailable(f"the private RabbitMQ node ended while starting: {reason}")
        self._port_attempts -= 1
        self._ports = NodePorts(free_port(), free_port())

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)
