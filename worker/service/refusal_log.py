"""What queues refused, in the log: at once, and then as a number now and then."""

from collections import Counter
from collections.abc import Iterable

from worker.batch import Refusal
from worker.log import Log

_INTERVAL = 5.0


class RefusalLog:
    """Writes at most one line per queue and reason in 5 seconds: hundreds of lanes may retry."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._counts: Counter[tuple[str, str]] = Counter()
        self._written: dict[tuple[str, str], float] = {}

    def write(self, refused: Iterable[Refusal], now: float) -> None:
        """Log refusals, or keep them in mind. `now` is monotonic time in seconds."""
        for refusal in refused:
            key = (refusal.queue, refusal.why)
            self._counts[key] += 1
            if now - self._written.get(key, -_INTERVAL) >= _INTERVAL:
                self._write(key, now)

    def flush(self) -> None:
        """Log what was kept in mind."""
        for key in list(self._counts):
            self._write(key, self._written[key])
        self._written.clear()

    def _write(self, key: tuple[str, str], now: float) -> None:
        queue, why = key
        self._log.warning("refused", queue=queue, why=why, publishes=self._counts.pop(key))
        self._written[key] = now
