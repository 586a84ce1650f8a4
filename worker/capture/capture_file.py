"""Where captured lines go: a file that only its owner may read, or standard output."""

import os
import stat
import sys
from io import FileIO
from pathlib import Path


class OthersMayRead(Exception):
    """The file is there, and not only for its owner."""


def open_capture_file(path: Path) -> FileIO:
    """Open a file to append lines to; a new one has mode 0600. Raises OSError, OthersMayRead.

    A line that a crash cut off is ended, so that the next is one by itself.
    """
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _check(os.fstat(handle).st_mode)
        if not _ends_a_line(path):
            os.write(handle, b"\n")
    except BaseException:
        os.close(handle)
        raise
    return FileIO(handle, "ab")


def standard_output() -> FileIO:
    """Return standard output without a buffer, which Python would want to empty at the end."""
    return FileIO(sys.stdout.fileno(), "wb", closefd=False)


def write_line(file: FileIO, line: bytes) -> None:
    """Write one line, at once. Raises OSError."""
    left = memoryview(line + b"\n")
    while left:
        left = left[file.write(left) or 0 :]


def _check(mode: int) -> None:
    if stat.S_ISREG(mode) and mode & 0o077:
        raise OthersMayRead


def _ends_a_line(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return True
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
