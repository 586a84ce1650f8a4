"""Everything a private RabbitMQ node keeps on disk: configuration, cookie, data, log."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worker.demo.rabbitmq_installation import RabbitmqInstallation

MEMORY_LIMIT = "1GiB"

_CONFIG = f"""\
log.console = false
log.file.level = info
vm_memory_high_watermark.absolute = {MEMORY_LIMIT}
disk_free_limit.absolute = 50MB
collect_statistics_interval = 5000
"""
_ONE_QUIET_SCHEDULER = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"
_LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"


@dataclass(frozen=True, slots=True)
class NodePorts:
    """`amqp` is for clients, `distribution` for Erlang nodes and control commands."""

    amqp: int
    distribution: int


class NodeDirectory:
    """A temporary directory for one node, made at once and kept until `remove`.

    `identity` is a text no other node has; the node repeats it in its AMQP greeting. Nodes with the
    same `cookie` may talk to each other.
    """

    def __init__(
        self,
        installation: RabbitmqInstallation,
        plugins: Sequence[str],
        config: str,
        name: str,
        cookie: str,
    ) -> None:
        self.identity = secrets.token_hex(8)
        self.node_name = f"{name}@localhost"
        self.cookie = cookie
        root = installation.root
        self.path = Path(tempfile.mkdtemp(prefix="pointsman-broker-", dir=root and root / "tmp"))
        self._seen_by_node = Path("/") / self.path.relative_to(root) if root else self.path
        self._fill(plugins, config)

    @property
    def output(self) -> Path:
        """What the node prints, why it could not start among it."""
        return self.path / "output"

    @contextmanager
    def shared_file(self, text: str = "") -> Iterator[str]:
        """A file with this text, for the block: its name as the node and its commands know it."""
        name = f"shared-{secrets.token_hex(8)}"
        (self.path / name).write_text(text, encoding="utf-8")
        try:
            yield str(self._seen_by_node / name)
        finally:
            (self.path / name).unlink()

    def environment(self, ports: NodePorts) -> dict[str, str]:
        """The variables that make a node, and control commands for it, stay in this directory."""
        here = self._seen_by_node
        return {
            "HOME": str(here),
            "LANG": "C.UTF-8",
            # The script then becomes the broker itself: its pid is ours to signal.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_NODENAME": self.node_name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(ports.amqp),
            "RABBITMQ_DIST_PORT": str(ports.distribution),
            "RABBITMQ_MNESIA_BASE": str(here / "data"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_PID_FILE": str(here / "pid"),
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(here / "rabbitmq-env.conf"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(here / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_LOOPBACK_ONLY} {_ONE_QUIET_SCHEDULER}",
            "RABBITMQ_CTL_ERL_ARGS": f"{_LOOPBACK_ONLY} +S 1:1 -start_epmd false",
            # Any free port, so that any number of control commands may run at once.
            "RABBITMQ_CTL_DIST_PORT_MIN": "0",
            "RABBITMQ_CTL_DIST_PORT_MAX": "0",
            # A crash dump would hold message bodies and passwords.
            "ERL_CRASH_DUMP": str(here / "erl_crash.dump"),
            "ERL_CRASH_DUMP_SECONDS": "0",
        }

    def reason_not_started(self) -> str:
        """One line of the node's output that says best why it ended."""
        lines = [line.strip() for line in self.output.read_text(errors="replace").splitlines()]
        said = [line for line in lines if line]
        errors = [line for line in said if line.lower().startswith("error")]
        return (errors or said[-1:] or ["it said nothing"])[0]

    def port_was_taken(self) -> bool:
        """Whether the node ended because another process had one of its ports."""
        output = self.output.read_text(errors="replace")
        return "eaddrinuse" in output or "could not bind" in output

    def remove(self) -> None:
        """Delete it all; doing so again is harmless."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _fill(self, plugins: Sequence[str], config: str) -> None:
        for name in ("data", "log"):
            (self.path / name).mkdir()
        cookie = self.path / ".erlang.cookie"
        cookie.write_text(self.cookie)
        cookie.chmod(0o400)
        (self.path / "rabbitmq.conf").write_text(f"{_CONFIG}{config}\n")
        (self.path / "rabbitmq-env.conf").touch()
        (self.path / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")
        (self.path / "advanced.config").write_text(
            "[{rabbit, [{server_properties, "
            f'[{{<<"private_node">>, longstr, <<"{self.identity}">>}}]}}]}}].\n'
        )
