"""What becomes of a message, as a table's tests see it."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts import DeadReason, SourceKind
from routing.decision import Decision, queue_of

_OF_DECISION: dict[str, Callable[[Decision], str | None]] = {
    "model": lambda decision: decision.runtime.model,
    "provider": lambda decision: decision.runtime.provider,
    "base_url": lambda decision: decision.runtime.base_url,
    "api_mode": lambda decision: decision.runtime.api_mode,
    "credential": lambda decision: decision.runtime.credential,
    "queue": lambda decision: queue_of(decision, ""),
    "route": lambda decision: decision.route.name,
    "reason": lambda decision: decision.route.reason,
    "variant": lambda decision: decision.route.variant,
}
EXPECTABLE = (*_OF_DECISION, "source_kind", "dead")
"""Everything that a test can expect something of."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A turn, by a decision, or a dead letter."""

    source_kind: SourceKind | None
    """None where the message was dead before anybody asked."""
    decision: Decision | None = None
    dead: DeadReason | None = None
    detail: str = ""
    """Why it is dead, in words."""
    rule: str | None = None
    """The name of the rule that chose the runtime, or denied the turn; None if none did."""

    def get(self, what: str) -> str | None:
        """Return one of EXPECTABLE as text, None where it is not set.

        The queue stands without the deployment's prefix. The route of a message that was denied is
        the rule that denied it.
        """
        if what == "dead":
            return self.dead
        if what == "source_kind":
            return self.source_kind
        if self.decision is not None:
            return _OF_DECISION[what](self.decision)
        return self.rule if what == "route" else None
