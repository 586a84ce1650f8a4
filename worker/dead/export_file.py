"""The file that exported letters go to."""

import os
import stat
from io import FileIO
from pathlib import Path

from worker.capture.capture_file import OthersMayRead, open_capture_file, write_line

__all__ = ["ExportFile", "NotKept", "OthersMayRead"]


class NotKept(Exception):
    """What is written there is not on a disk afterwards."""


class ExportFile:
    """Takes lines, and says when they are on the disk. A context manager; it has mode 0600."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path, *, kept: bool) -> "ExportFile":
        """Open a file to add lines to; `kept` if letters are to be removed for being in it.

        Raises OSError, OthersMayRead or NotKept.
        """
        file = open_capture_file(path)
        if kept and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise NotKept
        return cls(file)

    def write(self, line: bytes) -> None:
        """Write a line. Raises OSError."""
        write_line(self._file, line)

    def sync(self, directory: Path | None = None) -> None:
        """Return once all lines are on the disk, and so is the file's name. Raises OSError."""
        os.fsync(self._file.fileno())
        if directory is not None:
            handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
