"""The memory that drops repeats."""

from collections import Counter, deque
from uuid import UUID

_SHARES = 16


class RepeatWindow:
    """The turns accepted of late: at most `count`, none older than `age` seconds.

    It belongs to the process, so it outlives a connection.
    """

    def __init__(self, count: int, age: float) -> None:
        self._count = count
        self._age = age
        # Ids as numbers, in dicts and a queue: 110 bytes for each. As UUIDs in an ordered dict it
        # is 270, and with the count of the default settings that is most of what the process takes.
        # Several dicts: one that is added to and deleted from for ever is built anew now and then,
        # beside the old one, with room for three times what is in it. These are only added to,
        # and then only deleted from.
        self._accepted: deque[dict[int, float]] = deque([{}])
        self._share = count // _SHARES + 1
        self._order: deque[int] = deque()
        self._renewed: Counter[int] = Counter()
        """How many of an id's places in the queue count no more."""

    def __len__(self) -> int:
        return sum(map(len, self._accepted))

    def add(self, turn_id: UUID, now: float) -> None:
        """Remember an accepted turn. `now` is monotonic time in seconds."""
        number = turn_id.int
        if number in self._share_with(number):
            self._renewed[number] += 1
            self._take_out(number)
        if len(self._accepted[-1]) >= self._share:
            self._accepted.append({})
        self._accepted[-1][number] = now
        self._order.append(number)
        self._forget(now)

    def holds(self, turn_id: UUID, now: float) -> bool:
        """Tell whether a turn was accepted within the window."""
        number = turn_id.int
        accepted = self._share_with(number).get(number)
        return accepted is not None and now - accepted <= self._age

    def _share_with(self, number: int) -> dict[int, float]:
        """Return the dict that has an id; if none has, the one to add to."""
        for share in self._accepted:
            if number in share:
                return share
        return self._accepted[-1]

    def _take_out(self, number: int) -> None:
        share = self._share_with(number)
        del share[number]
        if not share and share is not self._accepted[-1]:
            self._accepted.remove(share)

    def _forget(self, now: float) -> None:
        while self._order:
            oldest = self._order[0]
            if oldest in self._renewed:
                self._drop_place(oldest)
                continue
            accepted = self._share_with(oldest)[oldest]
            if len(self) <= self._count and now - accepted <= self._age:
                return
            self._take_out(self._order.popleft())

    def _drop_place(self, number: int) -> None:
        self._order.popleft()
        self._renewed[number] -= 1
        if not self._renewed[number]:
            del self._renewed[number]
