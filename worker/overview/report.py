"""What one worker publishes about itself: its figures since it started, and its state now."""

from itertools import pairwise
from typing import Annotated, NamedTuple, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from worker.service.flow import Flow

LARGEST = 32 * 1024
"""Bytes. No report that we publish is larger."""
_LARGEST_READ = 2 * LARGEST

_Item = TypeVar("_Item")

_Count = Annotated[int, Field(ge=0, le=2**53)]
_Seconds = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]
_Name = Annotated[str, Field(max_length=256)]
_Line = Annotated[str, Field(max_length=512)]
_Bucket = Annotated[int, Field(ge=0, le=32)]
_Number = Annotated[int, Field(ge=0, le=4096)]
PartitionName = _Number | Annotated[str, Field(max_length=64)]


class Unreadable(ValueError):
    """Something on the exchange is no report of ours."""


class FlowCount(NamedTuple):
    """How many messages took a flow."""

    flow: Flow
    number: _Count


class EndCount(NamedTuple):
    """How many deliveries ended in one way; the reason is empty for those that are not dead."""

    outcome: _Name
    reason: _Name
    number: _Count


class RuleHits(NamedTuple):
    """How many deliveries a rule has decided; `base` is among the rules."""

    name: _Name
    hits: _Count


class Served(NamedTuple):
    """A partition, and how many seconds ago this worker got the last delivery from it."""

    partition: PartitionName
    ago: _Seconds


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class State(_Part):
    """Whether the worker is fit to work. Also says what it has in hand."""

    ready: bool
    connected: bool
    draining: bool
    blocked: bool
    """The broker takes no publishes."""
    paused: bool
    """It takes nothing until what is in hand is settled."""
    problem: _Line | None
    """Why it is not ready."""
    in_flight: _Count
    """Publishes unconfirmed."""
    unsettled: _Count
    """Deliveries in hand."""
    lanes_held: _Count
    """Conversations that wait for a queue that refuses."""


class Counts(_Part):
    """Counted since the worker started."""

    retries: _Count
    redelivered: _Count
    reconnects: _Count
    delayed: _Count
    split_conversations: _Count
    routing_errors: _Count
    blocked_seconds: _Seconds


class TableState(_Part):
    """The routing table in use."""

    digest: Annotated[str, Field(max_length=64)]
    loaded_at: AwareDatetime
    refused: bool
    """The file holds one that cannot be used."""
    restart_needed: bool
    left_queues: _Count


class Buckets(_Part):
    """How often something took how long: cumulative counts, the last one of all there were."""

    bounds: Annotated[tuple[_Seconds, ...], Field(max_length=32)]
    counts: Annotated[tuple[_Count, ...], Field(max_length=33)]
    sum: Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _is_cumulative(self) -> Self:
        bounds, counts = self.bounds, self.counts
        rising = all(low < high for low, high in pairwise(bounds))
        cumulative = all(low <= high for low, high in pairwise(counts))
        if len(counts) != len(bounds) + 1 or not (rising and cumulative):
            msg = "not cumulative"
            raise ValueError(msg)
        return self


class PartitionState(_Part):
    """What the worker consumes, and what has come of it."""

    numbered: _Number
    """`inbound.0` up to this, which is not among them."""
    isolated: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=4096)]
    consumed: _Count
    """How many queues it is subscribed to."""
    served: Annotated[tuple[Served, ...], Field(max_length=8192)]
    """Those that ever delivered to it, the latest first."""


class PastStep(NamedTuple):
    """What ended within one step of the process: step n ends n + 1 steps after its start."""

    step: _Count
    accepted: _Count
    duplicate: _Count
    dead: Annotated[tuple[tuple[_Name, _Count], ...], Field(max_length=32)]
    """Per reason."""
    latency: Annotated[tuple[tuple[_Bucket, _Count], ...], Field(max_length=33)]
    """Per bucket of the report's `latency`; not cumulative, and without those that are empty."""


class DeadNote(_Part):
    """One of the last dead letters: nothing of its body, and no key."""

    at: AwareDatetime
    reason: _Name
    detail: _Line
    message_id: _Name = ""
    platform: _Name
    source_kind: _Name
    route: _Name


class Report(_Part):
    """Figures only ever rise until the worker ends, so that a report may be lost.

    Lists are bounded; what they leave out is counted in `flows_left_out` and `rules_left_out`.
    """

    version: Annotated[str, Field(pattern=r"^1(\.[0-9]{1,4})?$")] = "1"
    worker: Annotated[str, Field(min_length=1, max_length=256)]
    software: Annotated[str, Field(max_length=64)]
    started_at: AwareDatetime
    """With the worker's name it tells one process from another."""
    at: AwareDatetime
    uptime: _Seconds
    sequence: _Count
    state: State
    counts: Counts
    table: TableState
    partitions: PartitionState
    ends: Annotated[tuple[EndCount, ...], Field(max_length=64)]
    """Every outcome and reason that has been."""
    flows: Annotated[tuple[FlowCount, ...], Field(max_length=512)]
    """The largest first. Released deliveries are in none: they come again."""
    flows_left_out: _Count = 0
    """Messages in flows that are not shown."""
    rules: Annotated[tuple[RuleHits, ...], Field(max_length=1024)]
    """In effective order, those that were never hit as well."""
    rules_left_out: _Count = 0
    latency: Buckets
    """Seconds from delivery to the broker's confirm."""
    age: Buckets
    """Seconds from a message's making to its delivery."""
    dead_letters: Annotated[tuple[DeadNote, ...], Field(max_length=32)] = ()
    """The last ones of each reason, newest first."""
    past: Annotated[tuple[PastStep, ...], Field(max_length=32)] = ()
    """Some of the last ten minutes: six reports in a row have all of them."""

    def encode(self) -> bytes:
        """Return it as JSON of at most `LARGEST` bytes; lists are halved until it fits."""
        report = self
        while len(body := report.model_dump_json().encode()) > LARGEST:
            report = report._halved()
        return body

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Return the report that the JSON is. Raises Unreadable, whatever the body is."""
        if len(body) > _LARGEST_READ:
            msg = f"{len(body)} bytes"
            raise Unreadable(msg)
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            msg = f"{error.error_count()} fields are none of a report"
            raise Unreadable(msg) from None

    def _halved(self) -> "Report":
        flows, rules = _half(self.flows), _half(self.rules)
        left_out = sum(each.number for each in self.flows[len(flows) :])
        partitions = self.partitions
        fewer = {"isolated": _half(partitions.isolated), "served": _half(partitions.served)}
        less = {
            "flows": flows,
            "flows_left_out": self.flows_left_out + left_out,
            "rules": rules,
            "rules_left_out": self.rules_left_out + len(self.rules) - len(rules),
            "dead_letters": _half(self.dead_letters),
            "partitions": partitions.model_copy(update=fewer),
        }
        return self.model_copy(update=less)


def _half(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    return items[: len(items) // 2]
