"""The Erlang port mapper a private node registers with, its own so that none is left behind."""

import os
import socket
import subprocess
import time

from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.child_process import start_child
from worker.demo.free_port import free_port
from worker.demo.rabbitmq_installation import RabbitmqInstallation

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ATTEMPTS = 5
_START_TIMEOUT = 10.0


class Epmd:
    """A port mapper in the foreground, on a free loopback port.

    Without it, a node or a control command starts a daemon that listens on every interface and
    outlives them all. Raises `BrokerUnavailable` if it does not start.
    """

    def __init__(self, installation: RabbitmqInstallation) -> None:
        self._installation = installation
        for _ in range(_ATTEMPTS):
            self.port = free_port()
            self._process = self._start()
            if self._listens():
                return
            self.close()
        raise BrokerUnavailable("epmd, which comes with Erlang, did not start")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make Erlang programs use this port mapper and start no other."""
        return {
            "PATH": f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.port),
        }

    def close(self) -> None:
        """End it; doing so again is harmless."""
        self._process.kill()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        command = self._installation.program(
            "epmd", "-port", str(self.port), "-address", "127.0.0.1"
        )
        try:
            return start_child(command, env=self.environment)
        except OSError as error:
            raise BrokerUnavailable(f"epmd, which comes with Erlang: {error.strerror}") from None

    def _listens(self) -> bool:
        deadline = time.monotonic() + _START_TIMEOUT
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self._process.poll() is None
        return False
