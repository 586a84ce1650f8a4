"""The installed `pointsman demo` as a process of a test, watched for what it leaves behind."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.acceptance.left_behind import LEFT_BEHIND

POINTSMAN = str(Path(sys.executable).with_name("pointsman"))
WATCH = [sys.executable, str(Path(__file__).with_name("left_behind.py"))]
_PATIENCE = 60.0


class DemoRun:
    """`pointsman demo` with `arguments`, and with the broker at `url`, or one it finds itself."""

    def __init__(self, *arguments: str, url: str | None = None) -> None:
        self.lines: list[str] = []
        environ = {**os.environ, "COLUMNS": "100"}
        environ.pop("POINTSMAN_AMQP_URL", None)
        if url is not None:
            environ["POINTSMAN_AMQP_URL"] = url
        self._process = subprocess.Popen(
            [*WATCH, POINTSMAN, "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environ,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            # The watcher would not see the end of what it watches, if it were killed first.
            for pid in self.children():
                os.kill(pid, signal.SIGKILL)
        self.finish()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, words: str) -> None:
        """Wait until a line that matches this regular expression is printed."""
        deadline = time.monotonic() + _PATIENCE
        while not any(re.search(words, line) for line in self.lines):
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """Send the demo a signal."""
        (demo,) = self.children()
        os.kill(demo, number)

    def finish(self) -> int:
        """Wait for the end; return the exit code. Fails if a process is left behind."""
        code = self._process.wait(_PATIENCE)
        self._reading.join(_PATIENCE)
        assert code != LEFT_BEHIND, self.output
        return code

    def children(self, parent: int | None = None) -> list[int]:
        """The processes that `parent` has started; the demo itself, if no parent is named."""
        parent = parent or self._process.pid
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listed.stdout.split()]

    def child(self, words: str) -> int:
        """The process that the demo has started and whose command holds these words."""
        (demo,) = self.children()
        for pid in self.children(demo):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if words in command:
                return pid
        raise AssertionError(f"no child of the demo runs {words}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            self.lines.extend(output)
