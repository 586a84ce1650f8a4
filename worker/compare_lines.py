"""Where captured messages go by two tables."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from routing.decide import Router
from routing.outcome import Outcome
from routing.rejection import Rejection
from routing.table import RoutingTable
from routing.tally import Tally
from routing.trust import Trust
from worker.envelope import read_delivery
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery
from worker.pipeline.judge_signature import as_it_was
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter

_SHOWN = 5
_STEP = 20_000


@dataclass(slots=True)
class BadLines:
    """The lines that hold no message which could be compared."""

    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)
    """The first few: the line's number, from 1, and what is wrong with it."""

    def add(self, line: int, why: str) -> None:
        """Count a line."""
        self.count += 1
        if len(self.examples) < _SHOWN:
            self.examples.append((line, why))


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two tables, and the settings that decide what becomes of a message."""

    table: RoutingTable
    limits: Limits
    prefix: str


def compare_lines(
    lines: Iterable[bytes],
    old: Side,
    new: Side,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Tally, BadLines]:
    """Return where the messages go by both tables at the moment `now`, and which lines are none.

    A line is what `read_delivery` takes; empty ones are passed over. `progress` is called with the
    number of lines read, now and then.
    """
    tally, bad = Tally(), BadLines()
    pipelines = [
        Pipeline(Router(side.table), side.limits, side.prefix, as_it_was) for side in (old, new)
    ]
    believes = Trust.OPEN in {old.table.trust, new.table.trust}
    for number, line in enumerate(lines, start=1):
        if number % _STEP == 0:
            progress(number)
        if not line.strip():
            continue
        try:
            delivery = read_delivery(line, number)
            _refuse_bare(delivery, line, believes=believes)
        except Rejection as rejection:
            bad.add(number, rejection.detail)
            continue
        except _NoMessage as error:
            bad.add(number, str(error))
            continue
        (before, by_old), (after, by_new) = (_judged(each, delivery, now) for each in pipelines)
        tally.add(number, before, after, by_old, by_new)
    return tally, bad


class _NoMessage(Exception):
    """The text says why."""


def _refuse_bare(delivery: Delivery, line: bytes, *, believes: bool) -> None:
    if delivery.body is not line:
        return
    if not _is_object(line):
        raise _NoMessage("it is no JSON object")
    if not believes:
        raise _NoMessage("it is a bare message, which needs --trust open")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _judged(pipeline: Pipeline, delivery: Delivery, now: datetime) -> tuple[Outcome, str | None]:
    made = pipeline(delivery, Stamp(now, sequence=0))
    if isinstance(made, DeadLetter):
        return Outcome.of({"dead": made.reason.value}), None
    # The job itself, as a runner would read it: nothing of it is worked out a second time.
    job: dict[str, Any] = json.loads(made.publication.body)
    properties = made.publication.properties
    said = {
        **job["runtime"],
        "source_kind": job["source"]["source_kind"],
        "allow_control": job["allow_control"],
        "fallbacks": job["fallbacks"],
        "queue": made.publication.routing_key,
        "priority": properties.priority,
        "expires_in": None if properties.expiration is None else f"{properties.expiration}ms",
        "variant": job["route"]["variant"],
    }
    return Outcome.of(said, job["conversation_id"]), job["route"]["name"]
