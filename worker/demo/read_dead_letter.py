"""Which message a dead letter was, and why it is dead."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts import DeadReason
from worker.demo.ledger import MessageKey

_BROKER_REASONS = {
    "rejected": DeadReason.RUNNER_REJECTED,
    "delivery_limit": DeadReason.BROKER_DELIVERY_LIMIT,
    "expired": DeadReason.BROKER_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """A dead letter in short."""

    key: MessageKey
    reason: str


def read_dead_letter(
    headers: Mapping[str, Any], correlation_id: str | None, body: bytes, prefix: str
) -> DeadMessage:
    """Return which message it was, and the reason.

    The worker's letters say their reason, and keep the feeder's correlation id, which is the
    message's own id; they never have an `x-death`. What has one the broker put here: a job that a
    runner rejected, which names the message, or a message whose other headers anybody wrote.
    """
    deaths = headers.get("x-death")
    reason = headers.get("x-dead-reason")
    if deaths is None and isinstance(reason, str):
        exchange = str(headers.get("x-dead-exchange", ""))
        platform = exchange.removeprefix(f"{prefix}in.")
        return DeadMessage(MessageKey(platform, correlation_id or ""), reason)
    first = deaths[0] if isinstance(deaths, list) and deaths else {}
    why = str(first.get("reason", "unknown"))
    return DeadMessage(_key_of_job(body), _BROKER_REASONS.get(why, why))


def _key_of_job(body: bytes) -> MessageKey:
    try:
        job = json.loads(body)
        return MessageKey(job["source"]["platform"], job["message"]["message_id"])
    except (ValueError, KeyError, TypeError):
        return MessageKey("unknown", "")
