"""How much of some partitions is to be drained."""

from collections.abc import Mapping, Sequence

from worker.pipeline.delivery import Delivery


class Quota:
    """The first so many deliveries of each partition; done once all of these are settled.

    Not any so many: a later one may be settled while an earlier one is held in its lane.
    """

    def __init__(self, wanted: Mapping[int, int]) -> None:
        self._coming = {number: count for number, count in wanted.items() if count}
        self._owed: set[int] = set()

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
            self._owed.add(delivery.tag)
            self._coming[number] -= 1
            if not self._coming[number]:
                del self._coming[number]
        self._owed.difference_update(settled)
