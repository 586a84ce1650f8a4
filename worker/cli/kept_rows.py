"""Rows that are kept until all of them are known: in memory while they are few, else in a file."""

import json
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Self

from worker.failure import FINDINGS, CommandFailed

_IN_MEMORY = 16 * 1024 * 1024
"""Bytes; what is beyond that goes to a file without a name, which goes with the process."""


class KeptRows:
    """Rows of text, in the order in which they came. A context manager."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed on exit
        self._widths: list[int] = []
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    @property
    def widths(self) -> Sequence[int]:
        """How many characters the longest text of each column has."""
        return tuple(self._widths)

    def add(self, row: Sequence[str]) -> None:
        """Keep a row; all rows have as many columns.

        Raises CommandFailed where there are many and there is no room for a file.
        """
        lengths = [len(text) for text in row]
        self._widths = [*map(max, self._widths or lengths, lengths)]
        self._count += 1
        try:
            self._file.write(json.dumps(row).encode() + b"\n")
        except OSError as error:
            raise CommandFailed(
                f"no room for so long a list: {error.strerror}; set TMPDIR", FINDINGS
            ) from None

    def __iter__(self) -> Iterator[list[str]]:
        """Yield all rows, once they are all here."""
        self._file.seek(0)
        yield from map(json.loads, self._file)
