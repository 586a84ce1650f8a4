"""The lines of a file that a command is given."""

import sys
from collections.abc import Iterator
from pathlib import Path

from worker.failure import CommandFailed


def input_lines(file: str) -> Iterator[bytes]:
    """Yield each line without its end; `-` is standard input.

    Raises CommandFailed if the file cannot be read.
    """
    if file == "-":
        yield from (line.rstrip(b"\r\n") for line in sys.stdin.buffer)
        return
    try:
        with Path(file).open("rb") as lines:
            yield from (line.rstrip(b"\r\n") for line in lines)
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None
