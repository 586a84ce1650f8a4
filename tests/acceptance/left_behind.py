"""Runs a command and tells which processes it leaves behind: `python left_behind.py COMMAND…`.

Every orphan of the command becomes a child of this process, however far it tried to get away. Its
exit code is the command's; if anything is alive some seconds after the command has ended, it says
what on standard error, ends it, and the exit code is 99. SIGINT and SIGTERM are passed on.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LEFT_BEHIND = 99
_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 10.0


def main() -> int:
    """Run the command and return the exit code."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process = subprocess.Popen(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: process.send_signal(number))
    code = process.wait()
    deadline = time.monotonic() + _PATIENCE
    while (left := _children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        sys.stderr.write(f"left behind: {_command(pid)}\n")
        os.kill(pid, signal.SIGKILL)
    return LEFT_BEHIND if left else code


def _children() -> list[int]:
    """The children of this process that are alive; those that have ended are reaped."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            return []
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    return [int(pid) for pid in children.split()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return str(pid)


if __name__ == "__main__":
    sys.exit(main())
