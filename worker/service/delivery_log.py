"""One log line per delivery: ids, route and outcome; never a body, never a key."""

from collections.abc import Mapping
from typing import Any

from worker.log import Log, fault
from worker.pipeline.turn import DeadLetter
from worker.service.figures import Figures
from worker.service.line_budget import LineBudget
from worker.service.outcome import Ending, Outcome
from worker.service.routing_key_log import RoutingKeyLog

_SHOWN = 120


class DeliveryLog:
    """Writes the endings of deliveries to the log, and counts them.

    Where `rate` lines a second are not enough for those that went well, the rest are told by their
    number. What did not go well is always told.
    """

    def __init__(self, log: Log, figures: Figures, rate: int | None = None) -> None:
        self._log = log
        self._budget = LineBudget(rate)
        self._routing_keys = RoutingKeyLog(log)
        self._figures = figures

    def write(self, endings: list[Ending], now: float) -> None:
        """Log each ending; what was released only as a number. `now` is monotonic, in seconds."""
        self._tell(self._budget.take(now))
        released = 0
        for ending in endings:
            self._figures.add(ending)
            if ending.outcome is Outcome.RELEASED:
                released += 1
            else:
                self._write_one(ending, now)
        if released:
            self._log.info("released", deliveries=released)

    def due_in(self, now: float) -> float | None:
        """Return in how many seconds `write` wants to be called, whatever has ended, or None."""
        return self._budget.due_in(now)

    def flush(self) -> None:
        """Log what was kept in mind."""
        self._tell(self._budget.take_all())

    def _tell(self, skipped: Mapping[str, int]) -> None:
        if skipped:
            self._log.info("deliveries not logged", **skipped)

    def _write_one(self, ending: Ending, now: float) -> None:
        known = ending.made.known
        conversation = _shown(known.conversation_id)
        if self._is_told(ending, now):
            self._write_line(ending, conversation)
        if known.conversation_id is not None and conversation is not None and not known.redrive:
            key = ending.delivery.routing_key
            changed = self._routing_keys.changed(known.conversation_id, key, conversation, now)
            self._figures.totals.split_conversations += changed

    def _is_told(self, ending: Ending, now: float) -> bool:
        went_well = ending.outcome is not Outcome.DEAD and ending.made.known.routing_error is None
        return not went_well or self._log.whole or self._budget.allows(ending.outcome.value, now)

    def _write_line(self, ending: Ending, conversation: str | None) -> None:
        made, known, delivery = ending.made, ending.made.known, ending.delivery
        fields: dict[str, Any] = {
            "outcome": ending.outcome.value,
            "message_id": _shown(known.message_id),
            "conversation": conversation,
            "platform": known.platform,
            "source_kind": known.source_kind.value if known.source_kind else None,
            "route": known.route,
        }
        if isinstance(made, DeadLetter):
            fields["reason"] = made.reason.value
            fields["detail"] = made.detail
        else:
            fields["turn_id"] = str(made.turn_id)
            fields["queue"] = made.publication.routing_key
        fields["partition"] = delivery.partition
        fields["ms"] = round(ending.seconds * 1000, 1)
        fields |= _remarkable(ending)
        error = made.error if isinstance(made, DeadLetter) else known.routing_error
        if error is not None:
            self._log.error("delivery", **fields, **fault(error))
        elif ending.outcome is Outcome.DEAD:
            self._log.warning("delivery", **fields)
        else:
            self._log.info("delivery", **fields)


def _remarkable(ending: Ending) -> dict[str, Any]:
    known = ending.made.known
    remarks: dict[str, Any] = {
        "delayed_ms": round(ending.delayed * 1000, 1),
        "attempts": ending.attempts if ending.attempts > 1 else 0,
        "attempt": known.attempt if known.redrive else 0,
        "redelivered": ending.delivery.redelivered,
        "redacted": known.redacted,
        "claim_ignored": known.claim_ignored,
        "ignored_fields": list(known.ignored_fields),
    }
    return {name: value for name, value in remarks.items() if value}


def _shown(text: str | None) -> str | None:
    if text is None or len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}…"
