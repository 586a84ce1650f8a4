"""Which way the messages go, as the worker's log tells it."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LATENCIES = 5_000
_NOTICES = ("warning", "error", "critical")


@dataclass(frozen=True, slots=True, order=True)
class Track:
    """One way through the junction: from a platform to a model's queue."""

    platform: str
    source_kind: str
    route: str
    queue: str


class Flow:
    """Sums up the worker's log: tracks, latency, and what it warns of."""

    def __init__(self, prefix: str = "") -> None:
        self.tracks: Counter[Track] = Counter()
        """Turn jobs per track."""
        self.notice: str | None = None
        """The last warning that was not about one delivery."""
        self._prefix = prefix
        self._latencies: deque[float] = deque(maxlen=_LATENCIES)

    def record(self, event: Mapping[str, Any]) -> None:
        """Take one line of the log."""
        if event.get("event") != "delivery":
            if event.get("level") in _NOTICES:
                self.notice = _sentence(event)
            return
        if event.get("outcome") != "accepted":
            return
        queue = str(event.get("queue")).removeprefix(self._prefix)
        self.tracks[
            Track(
                str(event.get("platform")),
                str(event.get("source_kind")),
                str(event.get("route")),
                queue,
            )
        ] += 1
        self._latencies.append(float(event.get("ms", 0)))

    def latency(self, share: float) -> float | None:
        """Return the milliseconds within which that share of the last turns was routed.

        From delivery to the broker's confirm of the job; None if there was no turn yet.
        """
        if not self._latencies:
            return None
        ordered = sorted(self._latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _sentence(event: Mapping[str, Any]) -> str:
    why = event.get("why") or event.get("problem")
    return f"{event.get('event')}: {why}" if why else str(event.get("event"))
