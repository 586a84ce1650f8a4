"""One run of a command that controls a node."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from worker.demo.child_process import start_child


class ControlCommandFailed(Exception):
    """The node refused or did not answer. One line, without the command's arguments."""


def run_control_command(
    name: str, command: Sequence[str], env: Mapping[str, str], timeout: float
) -> str:
    """What the command prints. Errors call it by `name`: an argument may be a password.

    Raises `ControlCommandFailed` if it fails or takes longer than `timeout` seconds.
    """
    with start_child(command, env=env, output=subprocess.PIPE) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _kill_session(process)
            raise ControlCommandFailed(f"{name}: no answer within {timeout:g} s") from None
        except BaseException:
            _kill_session(process)
            raise
    if process.returncode:
        raise ControlCommandFailed(f"{name}: {_complaint(errors or output)}")
    return str(output, errors="replace").strip()


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    # From RabbitMQ 4.0 on the script stays, and the command is a child of it.
    os.killpg(process.pid, signal.SIGKILL)


def _complaint(output: bytes) -> str:
    # A complaint about the arguments ends with all of them.
    complaint = str(output, errors="replace").partition("Arguments given")[0]
    return " ".join(complaint.split())[:200]
