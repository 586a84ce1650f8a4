"""The numbers that say in which order turns were made."""


class Sequencer:
    """Gives `max(previous + 1, microseconds)`: strictly rising in one process.

    Across a hand-over to another process it is as good as the two clocks.
    """

    def __init__(self) -> None:
        self._previous = 0

    def next(self, microseconds: int) -> int:
        """Return the next number; `microseconds` is the wall clock's."""
        self._previous = max(self._previous + 1, microseconds)
        return self._previous
