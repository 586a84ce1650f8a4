"""How often something took how long."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """Counts observations per bucket; `bounds` are the buckets' upper ends, rising, inclusive."""

    __slots__ = ("_counts", "bounds", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self._counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def counts(self) -> tuple[int, ...]:
        """How many observations each bucket has; the last one is of those beyond all bounds."""
        return tuple(self._counts)

    @property
    def cumulative(self) -> list[int]:
        """How many observations were at most each bound, and last how many there were in all."""
        total, totals = 0, []
        for count in self._counts:
            total += count
            totals.append(total)
        return totals
