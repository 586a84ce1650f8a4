"""What workers did before anybody listened, as they tell it."""

from collections import Counter
from datetime import datetime

from worker.overview.history import STEP, STEPS, known_reason
from worker.overview.overview import Point
from worker.overview.quantile import quantile
from worker.overview.report import PastStep, Report

_MOST = 1000
"""Processes. None is forgotten, or else it would count twice if it is heard again."""

_TELLING = 10.0
"""Seconds in which everybody who keeps a past has told all of it."""

_Process = tuple[str, datetime]


class Before:
    """Sums the steps that had ended when the listening began; the first of them is 1 step ago.

    Memory is bounded whatever is told. Times called `now` are monotonic, in seconds.
    """

    def __init__(self, began: float) -> None:
        """`began` is when the listening began."""
        self._began = began
        self._known: dict[_Process, tuple[float, set[int]]] = {}
        """Per process, its uptime when the listening began, and the steps that it has told."""
        self._ends: dict[int, Counter[str]] = {}
        """Per step ago: outcomes."""
        self._dead: dict[int, Counter[str]] = {}
        """Per step ago: reasons."""
        self._latency: dict[int, Counter[int]] = {}
        self._bounds: tuple[float, ...] = ()
        self._tellers: Counter[int] = Counter()
        """Per step ago: how many have told it."""
        self._points: dict[int, Point] = {}
        """Per step ago, until more is told of it: what is past does not change any more."""

    def take(self, report: Report, now: float) -> None:
        """Take what a report tells of the time before."""
        process = (report.worker, report.started_at)
        if now - self._began > STEP * STEPS:
            return  # it is all too long ago
        if process not in self._known and len(self._known) >= _MOST:
            return
        fresh = (report.uptime - (now - self._began), set[int]())
        uptime, told = self._known.setdefault(process, fresh)
        for each in report.past:
            ago = int(uptime // STEP) - each.step
            if 0 < ago <= STEPS and each.step not in told:
                told.add(each.step)
                self._add(ago, each, report.latency.bounds)

    def points(self, now: float) -> tuple[Point | None, ...]:
        """Return the steps, the latest last, None for one of which not everybody has told yet."""
        ran = [int(uptime // STEP) for uptime, _ in self._known.values()]
        told = now - self._began > _TELLING
        return tuple(
            self._point(ago) if told or self._tellers[ago] >= sum(n >= ago for n in ran) else None
            for ago in range(max(self._ends, default=0), 0, -1)
        )

    def dead(self, steps: int) -> Counter[str]:
        """Return how many dead letters there were in the last steps before, per reason."""
        total: Counter[str] = Counter()
        for ago, counts in self._dead.items():
            if ago <= steps:
                total.update(counts)
        return total

    def _add(self, ago: int, told: PastStep, bounds: tuple[float, ...]) -> None:
        self._points.pop(ago, None)
        self._tellers[ago] += 1
        ends = self._ends.setdefault(ago, Counter())
        ends.update(accepted=told.accepted, duplicate=told.duplicate)
        dead = self._dead.setdefault(ago, Counter())
        for reason, number in told.dead:
            ends["dead"] += number
            dead[known_reason(reason)] += number
        self._bounds = self._bounds or bounds
        if bounds == self._bounds:  # a worker of another version may have others
            self._latency.setdefault(ago, Counter()).update(dict(told.latency))

    def _point(self, ago: int) -> Point | None:
        if ago not in self._ends:
            return None
        if ago not in self._points:
            self._points[ago] = self._summed(ago)
        return self._points[ago]

    def _summed(self, ago: int) -> Point:
        ends = self._ends[ago]
        counts = self._latency.get(ago, Counter())
        total, cumulative = 0, []
        for place in range(len(self._bounds) + 1):
            total += counts[place]
            cumulative.append(total)
        return Point(
            accepted=ends["accepted"] / STEP,
            dead=ends["dead"] / STEP,
            duplicate=ends["duplicate"] / STEP,
            p50=quantile(0.5, self._bounds, cumulative),
            p99=quantile(0.99, self._bounds, cumulative),
        )
