"""What a person sees of a campaign while it runs."""

import sys
import time
from collections import Counter
from pathlib import Path

from tests.campaign.result import Result
from tests.campaign.schedule import Schedule

_EVERY = 10.0
"""Seconds between lines where the line cannot be rewritten."""


class Progress:
    """One line that is rewritten on a terminal, and a line now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = 0.0
        self._prefix = ""

    def begin(self, schedule: Schedule, broker: str) -> None:
        """Say which trial begins."""
        kinds = Counter(event.kind for event in schedule.events)
        said = ", ".join(f"{n} x {kind}" if n > 1 else kind for kind, n in kinds.items())
        nodes = f"  {schedule.nodes} nodes" if schedule.nodes > 1 else ""
        self._prefix = f"{broker}  seed {schedule.seed}"
        self._last = time.monotonic()
        self.note(f"{self._prefix}{nodes}  {schedule.workers} workers  {said or 'no fault'}")

    def now(self, line: str) -> None:
        """Say how a trial goes."""
        if self._terminal:
            sys.stderr.write(f"\r\x1b[2K  {line}"[:160])
            sys.stderr.flush()
        elif time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            self.note(f"  {line}")

    def end(self, result: Result, directory: Path, replayable: bool) -> None:  # noqa: FBT001
        """Say how a trial ended, and how to see it again if it did not hold."""
        worst = f"  back after {max(result.recoveries):.1f} s" if result.recoveries else ""
        self.note(
            f"  {'held' if result.held else 'FAILED'}  {result.confirmed:,} messages"
            f"  {result.redeliveries:,} redelivered  {result.in_doubt:,} in doubt"
            f"  {result.repeats:,} repeats  {sum(result.dead.values()):,} dead{worst}"
        )
        for problem in result.problems:
            self.note(f"    {problem}")
        if not result.held:
            self.note(f"    logs: {directory}")
        if not result.held and replayable:
            kinds = f" --faults '{','.join(result.kinds)}'" if result.kinds else ""
            self.note(
                f"    again: python -m tests.campaign --broker {result.broker} --seed {result.seed}"
                f" --schedules 1 --seconds {result.seconds:g} --nodes {result.nodes}{kinds}"
            )

    def note(self, line: str) -> None:
        """Say something that stays."""
        sys.stderr.write(f"\r\x1b[2K{line}\n" if self._terminal else f"{line}\n")
        sys.stderr.flush()
