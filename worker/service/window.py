"""The memory that drops repeats."""

from collections import OrderedDict
from uuid import UUID


class RepeatWindow:
    """The turns accepted of late: at most `count`, none older than `age` seconds.

    It belongs to the process, so it outlives a connection.
    """

    def __init__(self, count: int, age: float) -> None:
        self._count = count
        self._age = age
        self._accepted: OrderedDict[UUID, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accepted)

    def add(self, turn_id: UUID, now: float) -> None:
        """Remember an accepted turn. `now` is monotonic time in seconds."""
        self._accepted[turn_id] = now
        self._accepted.move_to_end(turn_id)
        self._forget(now)

    def holds(self, turn_id: UUID, now: float) -> bool:
        """Tell whether a turn was accepted within the window."""
        accepted = self._accepted.get(turn_id)
        return accepted is not None and now - accepted <= self._age

    def _forget(self, now: float) -> None:
        while self._accepted:
            oldest = next(iter(self._accepted.values()))
            if len(self._accepted) <= self._count and now - oldest <= self._age:
                return
            self._accepted.popitem(last=False)
