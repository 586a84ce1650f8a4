"""Ten minutes, in steps."""

from collections import Counter, deque

from contracts import DeadReason
from worker.overview.overview import Point

STEP = 5.0
"""Seconds."""
STEPS = 120
_OTHER = "other"
_REASONS = frozenset(DeadReason)


class History:
    """The last steps, the one under way not among them. `now` is monotonic time in seconds."""

    def __init__(self, now: float) -> None:
        self._step = _step(now)
        self._points: deque[Point | None] = deque(maxlen=STEPS)
        self._dead: deque[Counter[str]] = deque([Counter()], maxlen=STEPS)
        """Dead letters per reason; the last is of the step under way."""

    @property
    def points(self) -> tuple[Point | None, ...]:
        """The steps that have been listened to, the latest last; None for one that was not."""
        return tuple(self._points)

    @property
    def steps(self) -> int:
        """How many steps have ended since the beginning, ten minutes of them at most."""
        return len(self._points)

    def advance(self, point: Point | None, now: float) -> None:
        """Begin another step if it is time; what has ended had these figures, or none."""
        steps = min(_step(now) - self._step, STEPS)
        if steps > 0:
            self._points.extend([*[None] * (steps - 1), point])
            self._dead.extend(Counter() for _ in range(steps))
            self._step = _step(now)

    def count_dead(self, reason: str, number: int) -> None:
        """Count dead letters in the step under way."""
        self._dead[-1][known_reason(reason)] += number

    def dead(self, steps: int = STEPS) -> Counter[str]:
        """Return how many dead letters there were in the last steps, per reason."""
        total: Counter[str] = Counter()
        for counts in list(self._dead)[-steps:]:
            total.update(counts)
        return total


def known_reason(reason: str) -> str:
    """Return a reason, or what stands for all that are none."""
    return reason if reason in _REASONS else _OTHER


def _step(now: float) -> int:
    return int(now // STEP)
