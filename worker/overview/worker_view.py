"""One process, as it is shown."""

from worker.overview.heard import Heard
from worker.overview.overview import WorkerState, WorkerView
from worker.overview.sums import rate_of


def state_of(heard: Heard, now: float) -> WorkerState:
    """Return how a process is. `now` is monotonic time in seconds."""
    state = heard.last.state
    if heard.is_silent(now):
        return "left" if state.draining else "silent"
    if state.draining:
        return "draining"
    return "ready" if state.ready else "not_ready"


def view_of(heard: Heard, now: float, served: int) -> WorkerView:
    """Return what is shown of a process, which serves so many partitions."""
    report, state = heard.last, heard.last.state
    return WorkerView(
        id=report.worker,
        state=state_of(heard, now),
        problem=state.problem,
        software=report.software,
        started_at=report.started_at,
        uptime=report.uptime,
        heard_ago=max(0.0, now - heard.at),
        blocked=state.blocked,
        paused=state.paused,
        table=report.table.digest,
        rate=0.0 if heard.is_silent(now) else rate_of(heard),
        in_flight=state.in_flight,
        unsettled=state.unsettled,
        lanes_held=state.lanes_held,
        retries=report.counts.retries,
        reconnects=report.counts.reconnects,
        partitions_consumed=report.partitions.consumed,
        partitions_served=served,
    )
