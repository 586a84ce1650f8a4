"""How far a redrive is: a bar on a terminal, now and then a line elsewhere; on standard error."""

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_EVERY = 10.0  # seconds, between lines


class RedriveProgress:
    """A context manager."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._told = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("looked at"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[redriven]:,} redriven"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task("", total=total, redriven=0)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, looked: int, redriven: int) -> None:
        """Show how many letters were looked at, and how many of them are redriven."""
        if self._bar is not None:
            self._bar.update(self._task, completed=looked, redriven=redriven)
        elif (now := time.monotonic()) - self._told > _EVERY:
            self._told = now
            sys.stderr.write(f"looked at {looked:,} of {self._total:,}, {redriven:,} redriven\n")
