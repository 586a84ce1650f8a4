"""What isolated platforms get of a worker's time, and of the broker's disk."""

from collections import deque
from collections.abc import Callable

from worker.amqp.hand import headers_weight
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery

_SHARE = 16 * 1024
"""Bytes. Nothing is added to what is given at once when it has so many of them."""
_BESIDES = 1024
"""Bytes that a message counts for besides body and headers, so that empty ones are not free."""
_REST = 3.0
"""Times as long as they took."""


class Ration:
    """Holds deliveries of isolated platforms, and gives a few at a time, each platform in its turn.

    After each few come two rests. All isolated platforms rest three times as long as it took until
    `settle`: three quarters of the time are everybody else's. The one that these were of rests as
    long as its rate takes for their bytes: the broker writes each to its disk once more, as a job
    or a dead letter, and everybody else's messages wait behind that.
    """

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        """Take a rate in bytes a second of each platform, and a monotonic clock in seconds."""
        self._rate = rate
        self._clock = clock
        self._waiting: dict[str, deque[Delivery]] = {}
        """Of each platform that has some, the one whose turn is next first."""
        self._due: dict[str, float] = {}
        """When each platform's rate lets it have more."""
        self._rests_until = 0.0
        self._given_at: float | None = None
        """When some were given last, until that is settled."""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def platforms(self) -> set[Partition]:
        """Those that have deliveries waiting."""
        return set(self._waiting)

    def put(self, platform: str, delivery: Delivery) -> bool:
        """Add a delivery of a platform; return whether it is the only one of it that waits."""
        waiting = self._waiting.setdefault(platform, deque())
        waiting.append(delivery)
        return len(waiting) == 1

    def settle(self) -> None:
        """Note that what was given last has been dealt with."""
        if self._given_at is not None:
            now = self._clock()
            self._rests_until, self._given_at = now + _REST * (now - self._given_at), None

    def due_in(self) -> float | None:
        """Return in how many seconds there is something to give; None if nothing waits."""
        if not self._waiting:
            return None
        due = min(self._due.get(platform, 0.0) for platform in self._waiting)
        return max(0.0, max(due, self._rests_until) - self._clock())

    def take(self, *, at_once: bool = False) -> list[Delivery]:
        """Give a few of the platform whose turn it is; none while they rest, unless `at_once`."""
        now = self._clock()
        platform = next((name for name in self._waiting if at_once or self._may(name, now)), None)
        if platform is None:
            return []
        waiting = self._waiting.pop(platform)
        given, size = [], 0
        while waiting and size < _SHARE:
            given.append(waiting.popleft())
            size += _size(given[-1])
        if waiting:
            self._waiting[platform] = waiting  # its next turn comes after everybody else's
        self._due[platform] = now + size / self._rate
        self._given_at = now
        return given

    def _may(self, platform: str, now: float) -> bool:
        return max(self._due.get(platform, 0.0), self._rests_until) <= now

    def clear(self) -> None:
        """Forget all that waits."""
        self._waiting.clear()


def _size(delivery: Delivery) -> int:
    return _BESIDES + len(delivery.body) + headers_weight(delivery.properties.headers)
