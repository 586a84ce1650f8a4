"""How many per second, now and over the last minute."""

from collections import deque


class Throughput:
    """Counts in bins of one second. Times are monotonic, in seconds."""

    def __init__(self, kept: int = 60) -> None:
        self._bins: deque[tuple[int, int]] = deque(maxlen=kept + 1)
        """(second, count), oldest first; seconds without any are not there."""

    def count(self, now: float) -> None:
        """Note that one more happened."""
        second = int(now)
        if self._bins and self._bins[-1][0] == second:
            self._bins[-1] = (second, self._bins[-1][1] + 1)
        else:
            self._bins.append((second, 1))

    def last(self, seconds: int, now: float) -> list[int]:
        """Return the counts of the last whole seconds, oldest first; the current one is not in."""
        counts = dict(self._bins)
        end = int(now)
        return [counts.get(second, 0) for second in range(end - seconds, end)]

    def rate(self, now: float, over: int = 3) -> float:
        """Return how many there were per second, over the last whole seconds."""
        return sum(self.last(over, now)) / over
