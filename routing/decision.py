"""What routing returns."""

from dataclasses import dataclass, field

from contracts import Route, Runtime


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a turn goes, and why."""

    runtime: Runtime
    route: Route
    fallbacks: tuple[Runtime, ...] = ()
    ignored_fields: tuple[str, ...] = ()
    """Names of `override` fields that were stated but are never obeyed (counted, not kept)."""
    error: Exception | None = field(default=None, compare=False)
    """The fault in our own code behind a decision whose reason is `error`, for the log."""
