"""What finding a broker asks of this machine, in one value that a test can replace."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from worker.demo.rabbitmq_installation import RabbitmqInstallation, installed_rabbitmq

_OS_RELEASE = Path("/etc/os-release")
_COULD_NOT_RUN = 127
_TOOK_TOO_LONG = 124


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit code, and standard output and error as one text."""

    code: int
    output: str = ""


def run_command(command: Sequence[str], timeout: float | None) -> Ran:
    """Run a command to its end, or for `timeout` seconds at most; None is as long as it takes.

    An interruption of this process does not kill the command: it ends by itself, or cleans up
    after the same Ctrl-C.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return Ran(_COULD_NOT_RUN, error.strerror or "")
    with process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            return Ran(_TOOK_TOO_LONG, f"no answer within {timeout:g} s")
    return Ran(process.returncode, output)


def _is_root() -> bool:
    return os.geteuid() == 0


def _os_release() -> str:
    try:
        return _OS_RELEASE.read_text(errors="replace")
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine by default; `os_release` is the text of /etc/os-release."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    which: Callable[[str], str | None] = shutil.which
    run: Callable[[Sequence[str], float | None], Ran] = run_command
    installed: Callable[[], RabbitmqInstallation | None] = installed_rabbitmq
    is_root: bool = field(default_factory=_is_root)
    os_release: str = field(default_factory=_os_release)
