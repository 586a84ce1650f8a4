"""What routing returns."""

from dataclasses import dataclass, field
from functools import lru_cache

from contracts import Route, Runtime, short
from contracts.turn_queue import turn_queue


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a turn goes, and why."""

    runtime: Runtime
    route: Route
    fallbacks: tuple[Runtime, ...] = ()
    queue: str | None = None
    """Without the deployment's prefix; None for the model's own queue."""
    priority: int | None = None
    expires_in: float | None = None
    """Seconds from its receipt."""
    ignored_fields: tuple[str, ...] = ()
    """Names of `override` fields that were stated but are never obeyed (counted, not kept)."""
    error: Exception | None = field(default=None, compare=False)
    """The fault in our own code behind a decision whose reason is `error`, for the log."""


def queue_of(decision: Decision, prefix: str) -> str:
    """Return the name of the queue that the turn's job is published to."""
    return queue_name(decision.queue, decision.runtime.model, prefix)


def queue_name(queue: str | None, model: str, prefix: str) -> str:
    """Return the name of a queue, of the model's own where none is given."""
    if queue is None:
        return _queue_of_model(model, prefix)
    return short(prefix + queue)


@lru_cache(maxsize=1024)  # only a model that the table names gets here
def _queue_of_model(model: str, prefix: str) -> str:
    return turn_queue(model, prefix)
