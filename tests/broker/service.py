"""The installed `pointsman run` as a process of a test, and how to wait for what it does.

`tests/broker/client.py` is the other side: a feeder and a runner.
"""

import asyncio
import inspect
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from worker.demo.child_process import start_child

COMMAND = [str(Path(sys.executable).with_name("pointsman"))]
PATIENCE = 30.0  # seconds until a wait for a condition gives up, unless a test says otherwise
_POLL = 0.02


def wait_until(condition: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
    """Return the first true value of `condition()`; fail the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(_POLL)
    return value


async def eventually(
    condition: Callable[[], Any | Awaitable[Any]], what: str, timeout: float = PATIENCE
) -> Any:
    """`wait_until` for async tests: the event loop goes on, and `condition` may be async."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"never happened: {what}"
        await asyncio.sleep(_POLL)


class PointsmanRun:
    """One `pointsman run` against a vhost, from start to exit.

    `config` is the whole `pointsman.yaml`, as text or as a mapping; `settings` are its command-line
    flags (`lane_deadline="2s"`); `command` is what to run instead of the installed one, `shadow`
    whether it only looks on. HTTP listens on a free port, the log is JSON. As a context manager
    it is ready inside the block and drained behind it, with exit code 0, unless the test has ended
    it itself.
    """

    def __init__(
        self,
        url: str,
        config: str | Mapping[str, Any],
        directory: Path,
        *,
        environ: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
        shadow: bool = False,
        **settings: str | int,
    ) -> None:
        number = len(list(directory.glob("pointsman-*.log")))
        self.config = directory / f"pointsman-{number}.yaml"
        self.output = directory / f"pointsman-{number}.log"
        text = config if isinstance(config, str) else json.dumps(config)  # JSON is YAML too
        self.config.write_text(text, encoding="utf-8")
        given = {"http": "127.0.0.1:0", "log_format": "json", "log_level": "debug", **settings}
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        outside = {k: v for k, v in os.environ.items() if not k.startswith("POINTSMAN_")}
        with self.output.open("wb") as output:
            self._process = start_child(
                [*command, "run", *["--shadow"] * shadow, f"--config={self.config}", *flags],
                env={**outside, "POINTSMAN_AMQP_URL": url, **(environ or {})},
                output=output,
            )
        self._read = 0
        self._rest = b""
        self._log: list[dict[str, Any]] = []
        self._complaints: list[str] = []

    def __enter__(self) -> Self:
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.kill()
        elif self.exit_code is None:
            self.stop()

    # ---- life and death

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -9 after `kill`."""
        return self._process.poll()

    def stop(self, exit_code: int = 0, timeout: float = PATIENCE) -> None:
        """End it as an operator would, with SIGTERM, and check its exit code."""
        self._process.terminate()
        self.wait_exit(exit_code, timeout)

    def wait_exit(self, exit_code: int, timeout: float = PATIENCE) -> None:
        """Wait until it has ended, and check its exit code."""
        wait_until(lambda: self.exit_code is not None, "the process ended", timeout)
        assert self.exit_code == exit_code, self.tail()

    def kill(self) -> None:
        """Crash it."""
        self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    # ---- readiness

    @property
    def port(self) -> int:
        """The port of `/live` and `/ready`, once it listens."""
        return int(self.wait_for_log("listening")["port"])

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Return status and JSON body of an HTTP request to it."""
        status, body = self.read(path)
        return status, json.loads(body)

    def read(self, path: str) -> tuple[int, str]:
        """Return status and body of an HTTP request to it."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    @property
    def is_ready(self) -> bool:
        """Whether `/ready` answers 200."""
        return self.get("/ready")[0] == 200

    def wait_ready(self, timeout: float = PATIENCE) -> None:
        """Wait until `/ready` answers 200; fail at once if the process ends before."""

        def ready() -> bool:
            assert self.exit_code is None, f"ended with {self.exit_code}: {self.tail()}"
            return self.logged("listening") != [] and self.is_ready

        wait_until(ready, f"/ready answered 200\n{self.tail()}", timeout)

    # ---- what it says

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every log line so far, as JSON objects with `event`, `level` and more."""
        self._follow()
        return self._log

    @property
    def complaints(self) -> list[str]:
        """Every line on standard output and error that is not JSON: what it tells people."""
        self._follow()
        return self._complaints

    @property
    def text(self) -> str:
        """All output, as it is."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def tail(self) -> str:
        """The last lines of all output, for the message of a failed test."""
        return "\n".join(self.text.splitlines()[-15:])

    def logged(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """The log lines of an event that have these fields."""
        return [
            line
            for line in self.log
            if line.get("event") == event and all(line.get(k) == v for k, v in fields.items())
        ]

    def wait_for_log(self, event: str, *, timeout: float = PATIENCE, **fields: Any) -> Any:
        """Return the first log line of an event with these fields, waiting for it."""
        what = f"the log line {event!r} {fields or ''}"
        return wait_until(lambda: self.logged(event, **fields), what, timeout)[0]

    def _follow(self) -> None:
        with self.output.open("rb") as output:
            output.seek(self._read)
            new = output.read()
        self._read += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in filter(self._keep, lines):
            if line.startswith(b"{"):
                self._log.append(json.loads(line))
            elif line:
                self._complaints.append(line.decode(errors="replace"))

    def _keep(self, line: bytes) -> bool:
        """Whether a line is read at all; for those who have too many."""
        return bool(line)

    # ---- what it takes

    @property
    def resident_bytes(self) -> int:
        """Its resident memory."""
        return self._status_bytes("VmRSS:")

    @property
    def peak_bytes(self) -> int:
        """The most resident memory that it ever had."""
        return self._status_bytes("VmHWM:")

    def _status_bytes(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])

    @property
    def cpu_seconds(self) -> float:
        """The processor time it has taken, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
