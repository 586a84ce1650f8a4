"""How much of some partitions is to be drained."""

from collections.abc import Collection, Mapping, Sequence

from worker.partitions import Partition
from worker.pipeline.delivery import Delivery


class Quota:
    """The first so many deliveries of each partition; done once all of these are settled.

    Not any so many: a later one may be settled while an earlier one is held in its lane. Fewer, if
    a message leaves its queue otherwise: it expires, the broker gives it up, somebody purges.
    """

    def __init__(self, wanted: Mapping[Partition, int]) -> None:
        self._coming = {number: count for number, count in wanted.items() if count}
        self._owed: dict[int, Partition] = {}
        """The partition of each that came and is not settled, by tag."""
        self._empty: set[Partition] = set()
        """The partitions that were empty at the last look, and of which nothing came since."""

    @property
    def left(self) -> int:
        """How many are not settled yet."""
        return sum(self._coming.values()) + len(self._owed)

    def note(self, deliveries: Sequence[Delivery], settled: Sequence[int]) -> None:
        """Take note of deliveries, in their order, and of tags that were settled."""
        for delivery in deliveries:
            number = delivery.partition
            if number is None or number not in self._coming:
                continue
            self._owed[delivery.tag] = number
            self._empty.discard(number)
            self._coming[number] -= 1
            if not self._coming[number]:
                del self._coming[number]
        for tag in settled:
            self._owed.pop(tag, None)

    def looked(self, empty: Collection[Partition]) -> None:
        """Take note of the partitions in which nothing was ready just now.

        Nothing more comes of what was in such a partition, unless it is on its way here. So it has
        to be found empty twice in a row, with time in between in which nothing arrives.
        """
        for number in self._empty.intersection(empty).difference(self._owed.values()):
            self._coming.pop(number, None)
        self._empty = set(empty)
