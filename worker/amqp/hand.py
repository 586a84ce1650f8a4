"""What a worker has in hand, in bytes: what was delivered and is not settled yet."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from worker.partitions import Partition
from worker.pipeline.delivery import Delivery

_COPIES = 4
"""A body as it came, in its job, cut into frames, and as bytes to write."""
_REST = 8 * 1024
"""What a delivery takes besides its body and headers, from its properties to its publication."""
_HEADER = 256
"""What a value in a header takes: a byte or two on the wire may be an object."""


class Hand:
    """The deliveries of one channel that are held: at most `room` bytes of them, but always one.

    What there is no room for is left out, and so is all that comes after it on that channel, or
    one would overtake the other. The broker has it still, and delivers it again, in its order, once
    the channel is closed; that may be done without a repeat when nothing is held any more.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._held: dict[int, tuple[int, float]] = {}
        """By tag: bytes, and since when."""
        self.taken = 0
        """Bytes that are held."""
        self.most = 0
        """The most that were held at once."""
        self.fitting = 0
        """How many deliveries were held when there was no room for another."""
        self.heard = 0.0
        """When the last delivery came, held or not."""
        self.closed = False
        """Whether nothing more is taken."""
        self.left_out: Counter[Partition] = Counter()
        """How many deliveries were left out, by partition."""
        self.finished = asyncio.Event()
        """Set when nothing more is taken and nothing is held."""

    def __len__(self) -> int:
        return len(self._held)

    def take(self, delivery: Delivery, now: float) -> bool:
        """Tell whether a delivery may be held, and count it. `now` is in seconds."""
        size = weight(delivery)
        self.heard = now
        if not self.closed and self._held and self.taken + size > self._room:
            self.fitting = len(self._held)
            self.close()
        if self.closed:
            if delivery.partition is not None:
                self.left_out[delivery.partition] += 1
            return False
        self._held[delivery.tag] = (size, now)
        self.taken += size
        self.most = max(self.most, self.taken)
        return True

    def weigh(self, tag: int, size: int) -> None:
        """Count a publication of so many bytes, if it is larger than the delivery it came from."""
        before, since = self._held.get(tag, (0, 0.0))
        weight = _REST + _COPIES * size
        if before and weight > before:
            self._held[tag] = (weight, since)
            self.taken += weight - before
            self.most = max(self.most, self.taken)

    def settle(self, tags: Iterable[int]) -> None:
        """Let go of deliveries."""
        for tag in tags:
            size, _ = self._held.pop(tag, (0, 0.0))
            self.taken -= size
        self._look()

    def close(self) -> None:
        """Take nothing more."""
        self.closed = True
        self._look()

    def waited(self, now: float) -> float:
        """Return for how many seconds the first of what is held has been here; 0 for nothing."""
        since = next(iter(self._held.values()), (0, now))[1]
        return now - since

    def _look(self) -> None:
        if self.closed and not self._held:
            self.finished.set()


def weight(delivery: Delivery) -> int:
    """Return how many bytes a delivery and what is made of it take, at most and about."""
    sizes = len(delivery.body) + headers_weight(delivery.properties.headers)
    return _REST + _COPIES * sizes


def headers_weight(headers: Mapping[str, Any]) -> int:
    """Return how many bytes headers are on the wire, about and rather more."""
    return _HEADER * _values(headers) // _COPIES if headers else 0


def _values(value: object) -> int:
    """Return how many values there are in a header, with one more for each 256 bytes of text."""
    count, rest = 0, [value]
    while rest:
        match rest.pop():
            case dict() as table:
                count += 1 + sum(len(str(name)) // _HEADER for name in table)
                rest.extend(table.values())
            case list() as items:
                count += 1
                rest.extend(items)
            case str() | bytes() | bytearray() as text:
                count += 1 + len(text) * _COPIES // _HEADER
            case _:
                count += 1
    return count
