"""The memory that drops repeats."""

from collections import Counter, deque
from uuid import UUID


class RepeatWindow:
    """The turns accepted of late: at most `count`, none older than `age` seconds.

    It belongs to the process, so it outlives a connection.
    """

    def __init__(self, count: int, age: float) -> None:
        self._count = count
        self._age = age
        # Ids as numbers, in a dict and a queue: 110 bytes for each. As UUIDs in an ordered dict it
        # is 270, and with the count of the default settings that is most of what the process takes.
        self._accepted: dict[int, float] = {}
        self._order: deque[int] = deque()
        self._renewed: Counter[int] = Counter()
        """How many of an id's places in the queue count no more."""

    def __len__(self) -> int:
        return len(self._accepted)

    def add(self, turn_id: UUID, now: float) -> None:
        """Remember an accepted turn. `now` is monotonic time in seconds."""
        number = turn_id.int
        if number in self._accepted:
            self._renewed[number] += 1
        self._accepted[number] = now
        self._order.append(number)
        self._forget(now)

    def holds(self, turn_id: UUID, now: float) -> bool:
        """Tell whether a turn was accepted within the window."""
        accepted = self._accepted.get(turn_id.int)
        return accepted is not None and now - accepted <= self._age

    def _forget(self, now: float) -> None:
        while self._order:
            oldest = self._order[0]
            if oldest in self._renewed:
                self._drop_place(oldest)
            elif len(self._accepted) > self._count or now - self._accepted[oldest] > self._age:
                del self._accepted[self._order.popleft()]
            else:
                return

    def _drop_place(self, number: int) -> None:
        self._order.popleft()
        self._renewed[number] -= 1
        if not self._renewed[number]:
            del self._renewed[number]
