"""Token buckets: how often each sender, pair or platform has written of late."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from hashlib import blake2b

from routing.charge import Charge
from routing.limit import Limit, Over

MOST = 20_000
"""Buckets of one limit that are remembered: 5 MB of them. The one longest untouched goes first."""
_SWEEP = 2  # looked at whenever one is touched, so that what is full again does not stay
_DIGEST = 16
_NO_TIME = 1e-9  # seconds; what adding intervals costs


class Buckets:
    """One bucket for each key of each limit; one that nobody has taken from is full.

    They belong to the process, so they outlive a connection. `now` is monotonic time in seconds.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._shelves: dict[Limit, _Shelf] = {}

    def __len__(self) -> int:
        return sum(map(len, self._shelves.values()))

    def take(self, charges: Collection[Charge], now: float) -> float | Charge:
        """Take a token for each charge and return in how many seconds all of them are there.

        If one is not there soon enough for its limit, nothing is taken and that charge returned.
        """
        wait = 0.0
        taken: list[tuple[_Shelf, bytes]] = []
        for charge in charges:
            limit = charge.limit
            shelf, name = self._shelf(limit), _digest(charge.key)
            missing = shelf.wait(name, now)
            if missing > (limit.up_to if limit.over is Over.DELAY else 0.0):
                return charge
            wait = max(wait, missing)
            taken.append((shelf, name))
        for shelf, name in taken:
            shelf.take(name, now)
        return wait

    def give_back(self, charges: Iterable[Charge]) -> None:
        """Put back what was taken for something that came to nothing."""
        for charge in charges:
            shelf = self._shelves.get(charge.limit)
            if shelf is not None:  # else the limit is gone, or another by now
                shelf.give_back(_digest(charge.key))

    def keep(self, limits: Collection[Limit]) -> None:
        """Forget the buckets of all other limits: one that has changed starts anew."""
        self._shelves = {each: shelf for each, shelf in self._shelves.items() if each in limits}

    def _shelf(self, limit: Limit) -> "_Shelf":
        shelf = self._shelves.get(limit)
        if shelf is None:
            shelf = self._shelves[limit] = _Shelf(limit, self._most)
        return shelf


class _Shelf:
    """The buckets of one limit.

    Each is under the digest of its key. Of each it is enough to know when it will be full: `burst`
    intervals before that it is empty, and earlier still it owes what has been promised.
    """

    def __init__(self, limit: Limit, most: int) -> None:
        self._interval = limit.interval
        self._spare = (limit.burst - 1) * limit.interval
        """How long before it is full a bucket has a token."""
        self._most = most
        self._full_at: OrderedDict[bytes, float] = OrderedDict()
        """In the order in which they were touched."""

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, name: bytes, now: float) -> float:
        """Return in how many seconds there is a token."""
        full_at = self._full_at.get(name, now)
        missing = full_at - self._spare - now
        return missing if missing > _NO_TIME else 0.0

    def take(self, name: bytes, now: float) -> None:
        """Take a token, whether it is there or still to come."""
        self._full_at[name] = max(self._full_at.get(name, now), now) + self._interval
        self._full_at.move_to_end(name)
        self._sweep(now)

    def give_back(self, name: bytes) -> None:
        """Put a token back; a bucket that is full by now stays so."""
        if name in self._full_at:
            self._full_at[name] -= self._interval

    def _sweep(self, now: float) -> None:
        for _ in range(_SWEEP):
            oldest, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._most:
                return
            del self._full_at[oldest]
            if not self._full_at:
                return


def _digest(key: tuple[str, ...]) -> bytes:
    # An id may have hundreds of characters, of up to four bytes each.
    return blake2b(repr(key).encode(), digest_size=_DIGEST).digest()
