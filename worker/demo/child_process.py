"""Child processes that never outlive the process that started them.

On Linux the kernel kills the child when its parent dies, however it dies. Elsewhere that promise
is not kept: a child then ends only when it is ended.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

_PR_SET_PDEATHSIG = 1
# Looked up here: between fork and exec a child may do next to nothing.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

# The kernel sends the death signal when the *thread* that forked ends. All children are therefore
# forked from one thread that lives as long as the process: a child started from a short-lived
# thread would be killed when that thread returns.
_LAUNCHER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launcher")


def start_child(
    command: Sequence[str], *, env: Mapping[str, str], output: int | IO[bytes] = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C does not reach it.

    `output` takes both standard output and standard error. Raises `OSError` if the program cannot
    be run.
    """
    return _LAUNCHER.submit(_start, command, env, output).result()


def _start(
    command: Sequence[str], env: Mapping[str, str], output: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def die_with_parent() -> None:
        if _PRCTL is None:
            return
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above took effect
            os._exit(1)

    return subprocess.Popen(
        command,
        env=env,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - it takes no lock
    )
