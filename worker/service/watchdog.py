"""Notices a worker that is connected and gets nothing although there is something to get."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_LOOKS = 2
"""In a row that find a partition at rest. One may fall between an ack and the next delivery."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """What does not move, and in which partitions."""

    why: str
    messages: int
    partitions: frozenset[int]


class Watchdog:
    """Compares what waits in each partition with what was delivered.

    AMQP 0-9-1 does not tell a single active consumer that it is active, so getting nothing proves
    nothing: a standby gets nothing either. But then the active one makes the backlog move.

    However short its `patience` (seconds), it takes two looks to suspect a partition.
    """

    def __init__(self, patience: float, now: float) -> None:
        self._patience = patience
        self._start = now
        self._quiet_since: dict[int, float] = {}
        self._quiet_looks: dict[int, int] = {}
        self._waiting: dict[int, int] = {}

    def heard(self, partitions: Iterable[int], now: float) -> None:
        """Note that something was delivered to us from these. `now` is monotonic time, seconds."""
        for partition in partitions:
            self._moved(partition, now)

    def look(self, backlog: Sequence[int], held: Collection[int], now: float) -> Stuck | None:
        """Return what is wrong, or None.

        `backlog` is the number of ready messages per partition, `held` the partitions whose
        deliveries are on their way here.
        """
        stuck = {
            partition: waiting
            for partition, waiting in enumerate(backlog)
            if not self._moves(partition, waiting, held, now)
            and self._quiet_looks[partition] >= _LOOKS
            and now - self._quiet_since.get(partition, self._start) >= self._patience
        }
        if not stuck:
            return None
        messages = sum(stuck.values())
        why = f"{messages} messages wait and none was delivered for {self._patience:.0f} s"
        return Stuck(why, messages, frozenset(stuck))

    def _moves(self, partition: int, waiting: int, held: Collection[int], now: float) -> bool:
        before = self._waiting.get(partition, waiting)
        self._waiting[partition] = waiting
        moves = not waiting or waiting < before or partition in held
        if moves:
            self._moved(partition, now)
        else:
            self._quiet_looks[partition] = self._quiet_looks.get(partition, 0) + 1
        return moves

    def _moved(self, partition: int, now: float) -> None:
        self._quiet_since[partition] = now
        self._quiet_looks[partition] = 0
