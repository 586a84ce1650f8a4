"""Notices a worker that is connected and gets nothing although there is something to get."""

from collections.abc import Sequence


class Watchdog:
    """Compares what waits in the partitions with what was delivered.

    AMQP 0-9-1 does not tell a single active consumer that it is active, so getting nothing proves
    nothing: a standby gets nothing either. But then the active one makes the backlog move.
    """

    def __init__(self, patience: float, now: float) -> None:
        self._patience = patience
        self._quiet_since = now
        self._waiting: Sequence[int] = ()

    def heard(self, now: float) -> None:
        """Note that something was delivered to us. `now` is monotonic time in seconds."""
        self._quiet_since = now

    def look(self, waiting: Sequence[int], unsettled: int, now: float) -> str | None:
        """Return what is wrong, or None.

        `waiting` is the number of ready messages per partition, `unsettled` how many deliveries
        we hold ourselves.
        """
        moved = any(
            before and now_ < before for before, now_ in zip(self._waiting, waiting, strict=False)
        )
        self._waiting = waiting
        if unsettled or moved or not any(waiting):
            self._quiet_since = now
            return None
        quiet = now - self._quiet_since
        if quiet < self._patience:
            return None
        return f"{sum(waiting)} messages wait and none was delivered for {quiet:.0f} s"
