"""How long the watchdog waits, and when it has waited often enough."""

from collections.abc import Collection, Mapping

from worker.partitions import Partition
from worker.service.watchdog import Stuck

_ATTEMPTS = 5
"""Links in a row that brought nothing at all; then it is not the link."""
_MOST = 32  # times the patience at first


class Patience:
    """Patience with links that bring nothing although there is something to get.

    It may be wrong: to a standby, an active worker that is held up, or that gets more than it can
    take, looks the same as being forgotten by the broker. Then connecting again is of no use and
    costs what is on its way here, so the patience doubles each time that it did not help.

    All times are in seconds, `now` monotonic.
    """

    def __init__(self, least: float) -> None:
        self._least = self.seconds = least
        self._suspects: frozenset[Partition] = frozenset()
        self._backlog: Mapping[Partition, int] = {}
        self._in_vain = 0
        self._since = 0.0
        self.hopeless: str | None = None
        """Why another link would bring nothing either, or None."""

    def heard(self, partitions: Collection[Partition]) -> None:
        """Note that something was delivered to us from these."""
        self._moved()
        if self._suspects.intersection(partitions):  # it did help
            self._suspects = frozenset()
            self.seconds = self._least

    def looked(self, backlog: Mapping[Partition, int]) -> None:
        """Note what waits in each partition: if it falls, somebody else takes it."""
        seen = self._backlog
        if not any(backlog.values()) or any(backlog[each] < seen.get(each, 0) for each in backlog):
            self._moved()
        self._backlog = dict(backlog)

    def lose(self, stuck: Stuck, now: float) -> None:
        """Note that a link is given up: `hopeless` says whether to give up altogether.

        Partitions that do not move now and then are no reason for that, only a worker that gets
        nothing, from any partition and over any number of links, while nothing moves.
        """
        if not self._in_vain:
            self._since = now - self.seconds
        self._in_vain += 1
        self._suspects = stuck.partitions
        self.seconds = min(2 * self.seconds, _MOST * self._least)
        if self._in_vain >= _ATTEMPTS:
            where = ", ".join(str(partition) for partition in sorted(stuck.partitions, key=str))
            self.hopeless = (
                f"connected {self._in_vain} times and was given nothing: {stuck.messages} messages"
                f" wait in partition {where}, and none has moved for {now - self._since:.0f} s"
            )

    def _moved(self) -> None:
        self._in_vain = 0
        self.hopeless = None
