"""What would become of letters that are redriven, by the table as it is now."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from worker.dead.fingerprint import kind_of
from worker.dead.redriving import Redriving
from worker.pipeline.build_job import Stamp
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.turn import DeadLetter

_MOST = 10_000
_OTHERS = "(others)"


@dataclass(frozen=True, slots=True, order=True)
class Fate:
    """A queue and the rule that leads there, or why a letter is dead again."""

    dead: str | None
    """The reason; None for a turn."""
    queue: str = ""
    route: str = ""
    source_kind: str = ""
    detail: str = ""


class Outlook:
    """Decides letters by the real main path, and counts what they become.

    How often anybody may write is not asked: that depends on who does at the time.
    """

    def __init__(self, pipeline: Pipeline, now: datetime) -> None:
        self._pipeline = pipeline
        self._stamp = Stamp(now, sequence=0)
        self._fates: Counter[Fate] = Counter()
        self.count = 0

    def add(self, letter: Redriving) -> None:
        """Count a letter."""
        fate = self._fate(letter)
        if fate not in self._fates and len(self._fates) >= _MOST:
            fate = Fate(_OTHERS)
        self._fates[fate] += 1
        self.count += 1

    def __iter__(self) -> Iterator[tuple[Fate, int]]:
        """Yield what letters become and how many, the most first."""
        yield from sorted(
            self._fates.items(), key=lambda each: (-each[1], each[0].dead or "", each[0].queue)
        )

    def _fate(self, letter: Redriving) -> Fate:
        made = self._pipeline(letter.delivery(self._pipeline.prefix), self._stamp)
        if isinstance(made, DeadLetter):
            return Fate(made.reason.value, detail=kind_of(made.detail))
        known = made.known
        kind = known.source_kind.value if known.source_kind else ""
        return Fate(None, made.publication.routing_key, known.route or "", kind)
