"""One log line per delivery: ids, route and outcome; never a body, never a key."""

from collections import OrderedDict
from typing import Any

from worker.log import Log, fault
from worker.pipeline.turn import DeadLetter
from worker.service.outcome import Ending, Outcome
from worker.service.totals import Totals

_SHOWN = 120
_CONVERSATIONS = 10_000


class DeliveryLog:
    """Writes the endings of deliveries to the log, and counts them."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._routing_keys: OrderedDict[str, str] = OrderedDict()
        self.totals = Totals()

    def write(self, endings: list[Ending]) -> None:
        """Log each ending; what was released only as a number."""
        released = 0
        for ending in endings:
            self.totals.add(ending)
            if ending.outcome is Outcome.RELEASED:
                released += 1
            else:
                self._write_one(ending)
        if released:
            self._log.info("released", deliveries=released)

    def _write_one(self, ending: Ending) -> None:
        made, known, delivery = ending.made, ending.made.known, ending.delivery
        fields: dict[str, Any] = {
            "outcome": ending.outcome.value,
            "message_id": _shown(known.message_id),
            "conversation": _shown(known.conversation_id),
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
        if known.conversation_id is not None:
            self._watch_routing_key(known.conversation_id, delivery.routing_key)

    def _watch_routing_key(self, conversation: str, routing_key: str) -> None:
        seen = self._routing_keys.setdefault(conversation, routing_key)
        if seen != routing_key:
            self._routing_keys[conversation] = routing_key
            self.totals.split_conversations += 1
            self._log.warning(
                "conversation under two routing keys: its order cannot be kept",
                conversation=_shown(conversation),
            )
        elif len(self._routing_keys) > _CONVERSATIONS:
            self._routing_keys.popitem(last=False)


def _remarkable(ending: Ending) -> dict[str, Any]:
    known = ending.made.known
    remarks: dict[str, Any] = {
        "attempts": ending.attempts if ending.attempts > 1 else 0,
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
