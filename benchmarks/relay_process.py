"""The two that are compared, each as a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.broker import COMMAND, Stand
from worker.demo.child_process import start_child

POINTSMAN = "pointsman run"
BARE = "bare aio-pika relay"
_STOP_TIMEOUT = 30.0


class RelayFailed(Exception):
    """A process that was measured did not end well; the text has its last words."""


def command(name: str, place: Stand, prefetch: int) -> list[str]:
    """Return how to start one of the two."""
    if name == POINTSMAN:
        return [COMMAND, "run", f"--prefetch={prefetch}"]
    numbers = (str(prefetch), str(place.partitions))
    return [sys.executable, "-m", "benchmarks.bare_relay", place.url, *numbers]


@contextmanager
def running(
    name: str, place: Stand, prefetch: int, *arguments: str
) -> Iterator[subprocess.Popen[bytes]]:
    """One of the two, with these arguments, running inside the block and drained at its end.

    What it logs goes to a file, as in production. Raises RelayFailed if it does not end by itself
    with exit code 0.
    """
    log = place.folder / f"{name.partition(' ')[0]}.log"
    with log.open("ab") as output:
        process = start_child(
            [*command(name, place, prefetch), *arguments],
            env=place.environment,
            output=output,
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        code = process.wait(_STOP_TIMEOUT)
    finally:
        process.kill()
        process.wait()
    if code:
        raise RelayFailed(f"{name} ended with {code}: {_last_words(log)}")


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1][:300] if lines else "it said nothing"
