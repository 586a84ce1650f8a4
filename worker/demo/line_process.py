"""A child process that tells what it does on its output, a line at a time."""

import asyncio
import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from worker.demo.child_process import start_child

_LONGEST_LINE = 1024 * 1024
_REMEMBERED = 8

OnLine = Callable[[str], None]


class LineProcess:
    """Runs until it ends or is ended, and never outlives this process. Start it with `start`."""

    def __init__(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=_REMEMBERED)
        """The newest lines it said, for when it ends unexpectedly."""
        self._process = process
        self._transport: asyncio.ReadTransport | None = None
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str], env: Mapping[str, str], on_line: OnLine
    ) -> Self:
        """Start `command`. `on_line` is called with each line it says, and must not raise.

        Raises OSError if it cannot be started.
        """
        ours, theirs = os.pipe()
        reading = os.fdopen(ours, "rb", buffering=0)
        with os.fdopen(theirs, "wb", buffering=0) as writing:
            try:
                process = cls(name, start_child(command, env=env, output=writing))
            except BaseException:
                reading.close()
                raise
        lines = asyncio.StreamReader(limit=_LONGEST_LINE)
        process._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), reading
        )
        process._listening = asyncio.create_task(process._listen(lines, on_line))
        return process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ended(self) -> int:
        """Wait until it has ended and all it said was heard; return its exit code.

        The code is negative if a signal ended it.
        """
        if self._listening is not None:
            await asyncio.wait([self._listening])
        return await asyncio.to_thread(self._process.wait)

    async def end(self, timeout: float) -> int | None:
        """Ask it to end; return its exit code, or None if it took too long and was killed."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return await asyncio.wait_for(self.ended(), timeout)
        except TimeoutError:
            self.kill()
            return None

    def kill(self) -> None:
        """End it at once, and hear no more of it. Doing so again is harmless."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._transport is not None:
            self._transport.close()

    async def _listen(self, lines: asyncio.StreamReader, on_line: OnLine) -> None:
        while True:
            try:
                data = await lines.readline()
            except ValueError:
                continue  # a line too long to be one of ours; it was dropped
            if not data:
                return
            line = data.decode(errors="replace").rstrip()
            self.last_lines.append(line)
            on_line(line)
