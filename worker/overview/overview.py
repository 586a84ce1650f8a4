"""The whole deployment at one moment, as the console and `top` show it."""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from worker.overview.report import PartitionName, Unreadable

LARGEST = 8 * 1024 * 1024

Severity = Literal["problem", "warning"]
WorkerState = Literal["ready", "not_ready", "draining", "silent", "left"]

_Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Problem(_Part):
    """Something that is wrong, in a line for people."""

    severity: Severity
    code: str
    """One of `worker.overview.problems`."""
    text: str
    workers: tuple[str, ...] = ()
    """The names of some it is about."""


class WorkerView(_Part):
    """One process. Of one that is silent or has left, all else is what it said last."""

    id: str
    state: WorkerState
    problem: str | None
    """Why it is not ready."""
    software: str
    started_at: AwareDatetime
    uptime: _Finite
    heard_ago: _Finite
    blocked: bool
    paused: bool
    table: str
    rate: _Finite
    """Deliveries that ended, per second."""
    in_flight: int
    unsettled: int
    lanes_held: int
    retries: int
    reconnects: int
    partitions_consumed: int
    partitions_served: int
    """Those of which it is the last that got something."""


class Totals(_Part):
    """Sums over the workers that are heard: since each started, and what is in hand now."""

    accepted: int = 0
    dead: int = 0
    duplicate: int = 0
    released: int = 0
    retries: int = 0
    redelivered: int = 0
    reconnects: int = 0
    delayed: int = 0
    split_conversations: int = 0
    routing_errors: int = 0
    in_flight: int = 0
    unsettled: int = 0
    lanes_held: int = 0


class Rates(_Part):
    """Deliveries that ended so, per second, over the last five."""

    accepted: _Finite = 0.0
    dead: _Finite = 0.0
    duplicate: _Finite = 0.0
    released: _Finite = 0.0


class FlowView(_Part):
    """The way of some messages; empty names are what they did not come to."""

    platform: str
    source_kind: str
    route: str
    model: str
    queue: str
    """Where the rule names one; empty for the model's own."""
    outcome: str
    reason: str
    count: int
    rate: _Finite


class RuleView(_Part):
    """A rule of the table, or `base`, and what it has decided."""

    name: str
    hits: int
    rate: _Finite


class Timing(_Part):
    """How long something took. The quantiles are of the last five seconds, null without any."""

    bounds: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    """Cumulative, since the workers started; the last one of all there were."""
    p50: _Finite | None = None
    p90: _Finite | None = None
    p99: _Finite | None = None


class DeadView(_Part):
    """Dead letters of one reason."""

    reason: str
    count: int
    recent: int
    """In the last ten minutes, as far as those that are heard tell."""
    rate: _Finite


class DeadLetterView(_Part):
    """One of the last dead letters; nothing of its body."""

    at: AwareDatetime
    reason: str
    detail: str
    message_id: str = ""
    """As its sender stated it, cut where it is long; empty where it did not."""
    platform: str
    source_kind: str
    route: str
    worker: str


class PartitionView(_Part):
    """A partition and the worker that got something from it last; null where nothing was heard."""

    partition: PartitionName
    worker: str | None
    ago: _Finite | None
    """Seconds."""


class TableView(_Part):
    """A routing table, and how many workers route by it."""

    digest: str
    workers: int


class Point(_Part):
    """The figures of one step of the history: per second, and seconds."""

    accepted: _Finite
    dead: _Finite
    duplicate: _Finite
    p50: _Finite | None
    p99: _Finite | None


class Overview(_Part):
    """What `/api/overview` and `top --format json` say: a stable shape, fields are only added.

    Numbers are sums over the workers that are heard: `totals`, `flows`, `rules`, `dead` and the
    `counts` of timings since each of them started, rates per second over the last five seconds.
    Durations are seconds, moments RFC 3339. All text may hold anything: it is to be shown as text.

    `problems` has the worst first; empty means that all is well. `workers` has those that are heard
    and, for two minutes, those that are not any more. `flows` and `rules` are bounded: what they
    leave out is counted. `history` is the last ten minutes in steps of `step` seconds, the latest
    last, null where no worker tells: each keeps its own, whether anybody listens or not.
    """

    version: Literal["1"] = "1"
    at: AwareDatetime
    listened: _Finite
    """For how many seconds somebody has listened."""
    problems: tuple[Problem, ...]
    workers: tuple[WorkerView, ...]
    workers_left_out: int
    totals: Totals
    rates: Rates
    flows: tuple[FlowView, ...]
    """The fastest first."""
    flows_left_out: int
    """Messages."""
    rules: tuple[RuleView, ...]
    """In effective order, those that were never hit as well."""
    rules_left_out: int
    latency: Timing
    """From delivery to the broker's confirm."""
    age: Timing
    """From a message's making to its delivery."""
    dead: tuple[DeadView, ...]
    dead_letters: tuple[DeadLetterView, ...]
    """The last few of each reason, newest first."""
    partitions: tuple[PartitionView, ...]
    tables: tuple[TableView, ...]
    """The commonest first."""
    step: float
    history: tuple[Point | None, ...]
    unreadable: int
    """What came to the exchange and is no report."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, for `json.dumps`."""
        return self.model_dump(mode="json")

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Return the overview that the JSON is. Raises Unreadable, whatever the body is."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            msg = f"{error.error_count()} fields are none of an overview"
            raise Unreadable(msg) from None
