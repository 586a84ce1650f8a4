"""How many lines a second are written, and how many are not."""

from collections import Counter
from collections.abc import Mapping

_SECOND = 1.0


class LineBudget:
    """Lets so many lines be written in a second, which begins with the first, and counts the rest.

    `now` is monotonic time in seconds everywhere.
    """

    def __init__(self, per_second: int | None) -> None:
        self._per_second = per_second
        self._left = 0
        self._until = 0.0
        self._skipped: Counter[str] = Counter()

    def allows(self, kind: str, now: float) -> bool:
        """Whether a line may be written; if not, it counts as one of its kind that was not."""
        if self._per_second is None:
            return True
        if now >= self._until:
            self._until, self._left = now + _SECOND, self._per_second
        if self._left > 0:
            self._left -= 1
            return True
        self._skipped[kind] += 1
        return False

    def due_in(self, now: float) -> float | None:
        """Return in how many seconds `take` has something, or None."""
        return max(0.0, self._until - now) if self._skipped else None

    def take(self, now: float) -> Mapping[str, int]:
        """Return how many of each kind were not written, once their second is over."""
        return self.take_all() if now >= self._until else {}

    def take_all(self) -> Mapping[str, int]:
        """Return how many of each kind were not written since the last time."""
        skipped, self._skipped = self._skipped, Counter()
        return skipped
