"""Notices a worker that is connected and gets nothing although there is something to get."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from worker.partitions import Partition

_LOOKS = 2
"""In a row that find a partition at rest. One may fall between an ack and the next delivery."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """What does not move, and in which partitions."""

    why: str
    messages: int
    partitions: frozenset[Partition]


class Watchdog:
    """Compares what waits in each partition with what was delivered.

    AMQP 0-9-1 does not tell a single active consumer that it is active, so getting nothing proves
    nothing: a standby gets nothing either. But then the active one makes the backlog move.

    However short its `patience` (seconds), it takes two looks to suspect a partition.
    """

    def __init__(self, patience: float, now: float) -> None:
        self._patience = patience
        self._start = now
        self._quiet_since: dict[Partition, float] = {}
        self._quiet_looks: dict[Partition, int] = {}
        self._waiting: dict[Partition, int] = {}

    def heard(self, partitions: Iterable[Partition], now: float) -> None:
        """Note that something was delivered to us from these. `now` is monotonic time, seconds."""
        for partition in partitions:
            self._moved(partition, now)

    def look(
        self, backlog: Mapping[Partition, int], held: Collection[Partition], now: float
    ) -> Stuck | None:
        """Return what is wrong, or None.

        `backlog` is the number of ready messages per partition, `held` the partitions whose
        deliveries are on their way here.
        """
        stuck = {
            partition: waiting
            for partition, waiting in backlog.items()
            if not self._moves(partition, waiting, held, now)
            and self._quiet_looks[partition] >= _LOOKS
            and now - self._quiet_since.get(partition, self._start) >= self._patience
        }
        if not stuck:
            return None
        messages = sum(stuck.values())
        why = f"{messages} messages wait and none was delivered for {self._patience:.0f} s"
        return Stuck(why, messages, frozenset(stuck))

    def _moves(
        self, partition: Partition, waiting: int, held: Collection[Partition], now: float
    ) -> bool:
        before = self._waiting.get(partition, waiting)
        self._waiting[partition] = waiting
        moves = not waiting or waiting < before or partition in held
        if moves:
            self._moved(partition, now)
        else:
            self._quiet_looks[partition] = self._quiet_looks.get(partition, 0) + 1
        return moves

    def _moved(self, partition: Partition, now: float) -> None:
        self._quiet_since[partition] = now
        self._quiet_looks[partition] = 0
