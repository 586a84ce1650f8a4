"""What the broker says of a message that it put among the dead letters itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts import DeadReason

_REASONS = {
    "rejected": DeadReason.RUNNER_REJECTED.value,
    "delivery_limit": DeadReason.BROKER_DELIVERY_LIMIT.value,
    "expired": DeadReason.BROKER_EXPIRED.value,
}
_SAID = {
    "rejected": "rejected by whoever consumed {queue}",
    "delivery_limit": "delivered too often from {queue}: its consumers ended, or gave it back",
    "expired": "expired in {queue}",
}
_MOST = 500
_OTHERWISE = "put here by the broker, from {queue}: {why}"


@dataclass(frozen=True, slots=True)
class BrokerDeath:
    """The latest death in `x-death`. What is not there, or of a wrong type, is empty or None."""

    reason: str | None
    """A `DeadReason`; None for a reason that there is no word for."""
    detail: str
    queue: str
    exchange: str
    routing_key: str
    at: datetime | None


def broker_death(headers: Mapping[str, Any]) -> BrokerDeath | None:
    """Return the latest death that the broker tells of; None for letters of ours, which have none.

    Total: headers may be of any type.
    """
    if "x-death" not in headers:
        return None
    deaths = headers["x-death"]
    latest = deaths[0] if isinstance(deaths, list) and deaths else None
    said: Mapping[str, Any] = latest if isinstance(latest, dict) else {}
    why, queue = text_of(said.get("reason")), text_of(said.get("queue"))
    keys = said.get("routing-keys")
    return BrokerDeath(
        reason=_REASONS.get(why),
        detail=_SAID.get(why, _OTHERWISE).format(queue=f"`{queue}`", why=why or "no reason given"),
        queue=queue,
        exchange=text_of(said.get("exchange")),
        routing_key=text_of(keys[0]) if isinstance(keys, list) and keys else "",
        at=_moment(said.get("time")),
    )


def text_of(value: object) -> str:
    """Return a header that is text, its first 500 characters, else nothing."""
    return value[:_MOST] if isinstance(value, str) else ""


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
