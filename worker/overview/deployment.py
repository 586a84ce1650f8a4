"""The whole deployment, put together from what its workers say. No clock and no connection."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from worker.overview.before import Before
from worker.overview.heard import Heard
from worker.overview.history import STEP, STEPS, History
from worker.overview.overview import Overview, Point, Rates, TableView, Timing
from worker.overview.problems import Circumstances, find_problems
from worker.overview.report import Report, Unreadable
from worker.overview.sums import (
    sum_age,
    sum_dead,
    sum_flows,
    sum_latency,
    sum_letters,
    sum_partitions,
    sum_rates,
    sum_rules,
    sum_totals,
)
from worker.overview.worker_view import state_of, view_of

MOST = 500
"""Processes that are told apart."""
_FORGOTTEN_AFTER = 120.0
"""Seconds without a word."""
_FRESH = 2.0
"""Seconds that a process may have run before we listened, and all it counts is new all the same."""
PATIENCE = 3.0
"""Seconds in which everybody who is there is heard."""
_MINUTE = 12  # steps


class Deployment:
    """Takes the reports of any number of workers, and tells what they come to.

    Times called `now` are monotonic, in seconds, and never go back. Whatever is taken, nothing
    raises and memory is bounded.
    """

    def __init__(self, now: float) -> None:
        self._began = now
        self._heard: dict[tuple[str, datetime], Heard] = {}
        """By name and start: after a restart it is another process."""
        self._history = History(now)
        self._before = Before(now)
        self._left_out: set[str] = set()
        self._unreadable = 0

    def take(self, body: bytes, now: float) -> None:
        """Take what came from the exchange, whatever it is."""
        try:
            report = Report.decode(body)
        except Unreadable:
            self._unreadable += 1
        else:
            self.add(report, now)

    def add(self, report: Report, now: float) -> None:
        """Take a report; one that was taken already counts for nothing."""
        process = (report.worker, report.started_at)
        heard = self._heard.get(process)
        if heard is not None:
            if not heard.add(report, now):
                return
        elif self._has_room(now):
            # If it runs all the same, under the same name, it is heard again.
            self._keep(
                lambda each: (
                    each.last.worker != report.worker or each.last.started_at > report.started_at
                )
            )
            fresh = report.uptime <= now - self._began + _FRESH
            heard = self._heard[process] = Heard(report, now, from_the_start=fresh)
        else:
            if len(self._left_out) < MOST:
                self._left_out.add(report.worker)
            return
        self._before.take(report, now)
        for (_, reason), number in heard.last_rise.items():
            if reason:
                self._history.count_dead(reason, number)

    def overview(self, now: float, at: datetime, deaf: str | None = None) -> Overview:
        """Return what all of it comes to; to be asked for about once a second, for its history.

        `at` is the time of day; `deaf` says why other workers cannot be heard at the moment.
        """
        self._forget(now)
        everybody = sorted(self._heard.values(), key=lambda heard: heard.last.worker)
        alive = [heard for heard in everybody if not heard.is_silent(now)]
        silent = [heard for heard in everybody if state_of(heard, now) == "silent"]
        rates, latency = sum_rates(alive), sum_latency(alive)
        self._history.advance(
            _point(rates, latency) if alive and not self._is_new(now) else None, now
        )
        flows, flows_left_out = sum_flows(alive)
        rules, rules_left_out = sum_rules(alive)
        partitions = sum_partitions(alive, now)
        served = Counter(each.worker for each in partitions)
        tables = Counter(heard.last.table.digest for heard in alive)
        left_out = len(self._left_out)
        known = Circumstances(
            deaf,
            self._dead(_MINUTE),
            self._unreadable,
            left_out,
            waiting=self._is_new(now),
        )
        return Overview(
            at=at,
            listened=now - self._began,
            problems=find_problems(alive, silent, known),
            workers=tuple(view_of(heard, now, served[heard.last.worker]) for heard in everybody),
            workers_left_out=left_out,
            totals=sum_totals(alive),
            rates=rates,
            flows=flows,
            flows_left_out=flows_left_out,
            rules=rules,
            rules_left_out=rules_left_out,
            latency=latency,
            age=sum_age(alive),
            dead=sum_dead(alive, self._dead(STEPS)),
            dead_letters=sum_letters(alive),
            partitions=partitions,
            tables=tuple(TableView(digest=name, workers=n) for name, n in tables.most_common()),
            step=STEP,
            history=(*self._before.points(now), *self._history.points)[-STEPS:],
            unreadable=self._unreadable,
        )

    def _is_new(self, now: float) -> bool:
        """Whether not everybody has been heard, or not long enough to tell a rate."""
        return now - self._began < PATIENCE

    def _dead(self, steps: int) -> Counter[str]:
        """Return how many dead letters there were in the last steps, per reason."""
        before = max(0, steps - self._history.steps - 1)  # the one under way is among them
        return self._history.dead(steps) + self._before.dead(before)

    def _has_room(self, now: float) -> bool:
        if len(self._heard) >= MOST:
            self._keep(lambda heard: not heard.is_silent(now))
        return len(self._heard) < MOST

    def _forget(self, now: float) -> None:
        """Forget who has been silent for long, or has been started again since."""
        latest: dict[str, datetime] = {}
        for name, started_at in self._heard:
            latest[name] = max(latest.get(name, started_at), started_at)
        self._keep(
            lambda heard: (
                not heard.is_silent(now)
                or (
                    now - heard.at <= _FORGOTTEN_AFTER
                    and heard.last.started_at == latest[heard.last.worker]
                )
            )
        )

    def _keep(self, wanted: Callable[[Heard], bool]) -> None:
        self._heard = {process: heard for process, heard in self._heard.items() if wanted(heard)}


def _point(rates: Rates, latency: Timing) -> Point:
    return Point(
        accepted=rates.accepted,
        dead=rates.dead,
        duplicate=rates.duplicate,
        p50=latency.p50,
        p99=latency.p99,
    )
