"""Reports of workers that there are not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.overview.report import (
    Buckets,
    Counts,
    DeadNote,
    EndCount,
    FlowCount,
    PartitionState,
    PastStep,
    Report,
    RuleHits,
    Served,
    State,
    TableState,
)
from worker.service.flow import Flow

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
DIGEST = "0123456789ab"
BOUNDS = (0.01, 0.1, 1.0)
WELL = {
    "ready": True,
    "connected": True,
    "draining": False,
    "blocked": False,
    "paused": False,
    "problem": None,
    "in_flight": 0,
    "unsettled": 0,
    "lanes_held": 0,
}
NEW = {
    "retries": 0,
    "redelivered": 0,
    "reconnects": 0,
    "delayed": 0,
    "split_conversations": 0,
    "routing_errors": 0,
    "blocked_seconds": 0.0,
}


def flow(platform: str = "telegram", reason: str = "", **fields: str) -> Flow:
    """A flow to model m, or to the dead letters of a reason."""
    named = {"source_kind": "stranger", "route": "base", "model": "m", "queue": "", **fields}
    return Flow(platform=platform, outcome="dead" if reason else "accepted", reason=reason, **named)


def report(
    worker: str = "one",
    at: float = 0.0,
    flows: Mapping[Flow, int] | None = None,
    *,
    started: float = 0.0,
    served: Mapping[int | str, float] | None = None,
    rules: Mapping[str, int] | None = None,
    latency: tuple[int, ...] = (0, 0, 0, 0),
    state: Mapping[str, Any] | None = None,
    counts: Mapping[str, Any] | None = None,
    table: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Report:
    """What a worker that started `started` seconds after START says `at` seconds after it."""
    flows = flows or {}
    ends: dict[tuple[str, str], int] = {}
    for each, number in flows.items():
        ends[each.outcome, each.reason] = ends.get((each.outcome, each.reason), 0) + number
    digest = {"digest": DIGEST, "loaded_at": START, "refused": False, "restart_needed": False}
    given: dict[str, Any] = {
        "worker": worker,
        "software": "0",
        "started_at": START + timedelta(seconds=started),
        "at": START + timedelta(seconds=at),
        "uptime": at - started,
        "sequence": 1 + int(at - started),
        "state": State(**{**WELL, **(state or {})}),
        "counts": Counts(**{**NEW, **(counts or {})}),
        "table": TableState(**{**digest, "left_queues": 0, **(table or {})}),
        "partitions": PartitionState(
            numbered=4,
            isolated=(),
            consumed=4,
            served=tuple(Served(name, ago) for name, ago in (served or {}).items()),
        ),
        "ends": tuple(EndCount(*end, number) for end, number in ends.items()),
        "flows": tuple(FlowCount(each, number) for each, number in flows.items()),
        "rules": tuple(RuleHits(name, hits) for name, hits in (rules or {"base": 0}).items()),
        "latency": Buckets(bounds=BOUNDS, counts=latency, sum=0.0),
        "age": Buckets(bounds=BOUNDS, counts=(0, 0, 0, 0), sum=0.0),
    }
    return Report(**{**given, **fields})


def step(
    number: int, accepted: int = 0, reason: str = "", dead: int = 0, **fields: Any
) -> PastStep:
    """A step of a worker's past, its latencies in the second bucket."""
    given = {"duplicate": 0, "latency": ((1, accepted),), "dead": ((reason, dead),) if dead else ()}
    return PastStep(**{"step": number, "accepted": accepted, **given, **fields})


def note(reason: str, at: float = 0.0, **fields: Any) -> DeadNote:
    """A dead letter of a reason, `at` seconds after START."""
    given = {"detail": "why", "platform": "telegram", "source_kind": "stranger", "route": ""}
    moment = START + timedelta(seconds=at)
    return DeadNote(**{"at": moment, "reason": reason, **given, **fields})
