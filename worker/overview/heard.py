"""What has been heard of one process lately."""

from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from worker.overview.report import Report
from worker.service.flow import Flow

SILENT_AFTER = 5.0
_WINDOW = 5.5
"""Seconds of its own time that rates are taken over: five intervals, and a little."""
_SHORTEST = 0.5

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a report counts, by name."""

    uptime: float
    ends: Mapping[tuple[str, str], int]
    """Per outcome and reason."""
    flows: Mapping[Flow, int]
    rules: Mapping[str, int]
    latency: tuple[int, ...]
    age: tuple[int, ...]
    all_flows: bool
    """Whether a flow that is not there has not been."""

    @classmethod
    def of(cls, report: Report) -> "Figures":
        """Return the figures of a report."""
        return cls(
            report.uptime,
            {(end.outcome, end.reason): end.number for end in report.ends},
            {each.flow: each.number for each in report.flows},
            {rule.name: rule.hits for rule in report.rules},
            report.latency.counts,
            report.age.counts,
            all_flows=report.flows_left_out == 0,
        )

    @classmethod
    def at_the_start(cls, report: Report) -> "Figures":
        """Return what the process of a report had counted when it started."""
        latency, age = (0,) * len(report.latency.counts), (0,) * len(report.age.counts)
        return cls(0.0, {}, {}, {}, latency, age, all_flows=True)


class Heard:
    """The last reports of one process. Times of ours are monotonic, in seconds."""

    def __init__(self, report: Report, now: float, *, from_the_start: bool) -> None:
        """`from_the_start`: whether all that it has counted was counted while we listened."""
        self.last = report
        self.at = now
        """When the last report was heard."""
        self._figures = deque([Figures.of(report)])
        if from_the_start:
            self._figures.appendleft(Figures.at_the_start(report))

    def add(self, report: Report, now: float) -> bool:
        """Take a later report; tell whether it was one: they may come twice, or out of order."""
        if report.sequence <= self.last.sequence:
            return False
        self.last, self.at = report, now
        self._figures.append(Figures.of(report))
        while len(self._figures) > 2 and self._figures[0].uptime < report.uptime - _WINDOW:
            self._figures.popleft()
        return True

    def is_silent(self, now: float) -> bool:
        """Whether it has not been heard for too long."""
        return now - self.at > SILENT_AFTER

    @property
    def seconds(self) -> float:
        """The time that `rise` is about; 0 while that is too short to tell a rate."""
        seconds = self._figures[-1].uptime - self._figures[0].uptime
        return seconds if seconds >= _SHORTEST else 0.0

    def rise(self, of: Callable[[Figures], Mapping[_Key, int]]) -> dict[_Key, int]:
        """Return by how much each count has risen within the window, if it has."""
        return _rise(of(self._figures[0]), of(self._figures[-1]))

    def flow_rise(self) -> dict[Flow, int]:
        """`rise` of the flows: one that was left out before has not risen by all of itself."""
        old, new = self._figures[0], self._figures[-1]
        rise = _rise(old.flows, new.flows)
        if old.all_flows:
            return rise
        return {flow: number for flow, number in rise.items() if flow in old.flows}

    @property
    def last_rise(self) -> dict[tuple[str, str], int]:
        """By how much each outcome and reason has risen since the report before the last."""
        if len(self._figures) < 2:
            return {}
        return _rise(self._figures[-2].ends, self._figures[-1].ends)

    def bucket_rise(self, of: Callable[[Figures], tuple[int, ...]]) -> list[int]:
        """Return by how much each cumulative count has risen within the window."""
        old, new = of(self._figures[0]), of(self._figures[-1])
        if len(old) != len(new):
            return [0] * len(new)
        rises = [max(0, after - before) for before, after in zip(old, new, strict=True)]
        return [*accumulate(rises, max)]


def _rise(old: Mapping[_Key, int], new: Mapping[_Key, int]) -> dict[_Key, int]:
    rises = ((key, number - old.get(key, 0)) for key, number in new.items())
    return {key: rise for key, rise in rises if rise > 0}
