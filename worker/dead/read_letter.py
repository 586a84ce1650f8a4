"""From a message of the `dead` queue to a letter."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from contracts import PlatformName
from worker.dead.amqp_properties import WireProperties, read_properties
from worker.dead.amqp_table import Unreadable, plain_table
from worker.dead.broker_death import BrokerDeath, broker_death, text_of
from worker.dead.fingerprint import fingerprint
from worker.dead.letter import UNKNOWN, Letter, Shape

_HEX = 16
# A reason is a word of ours, whichever release it is from.
_REASON = re.compile(r"[a-z][a-z_]{0,63}")
_UNREADABLE = "its AMQP properties cannot be read"
# What the broker counts, and what is written otherwise when a letter is published again.
_PASSING = frozenset({"delivery_mode", "user_id", "expiration"})
_PASSING_HEADERS = frozenset(
    {"x-delivery-count", "x-acquired-count", "x-dead-user-id", "x-dead-expiration"}
)


def read_letter(body: bytes, wire: bytes, dead_key: str, prefix: str) -> Letter:
    """Return the letter: its body, its properties as its content header has them, and the routing
    key it was delivered with; `prefix` is that of the queues' names.

    Total: whatever anybody wrote there, nothing is raised.
    """
    try:
        properties = read_properties(wire)
    except Unreadable:
        properties = None
    headers = {} if properties is None else plain_table(properties.headers or ())
    facts = _facts(headers, prefix)
    if properties is None:
        facts["detail"] = _UNREADABLE
    return Letter(
        id=_id(body, wire, properties, headers, dead_key),
        fingerprint=fingerprint(facts["reason"], facts["detail"]),
        body=body,
        properties=(properties or WireProperties({}, None)).plain(),
        wire=wire,
        dead_key=dead_key,
        **facts,
    )


def _facts(headers: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    death = broker_death(headers)
    if death is None:
        return _ours(headers)
    inbound = f"{prefix}inbound"
    if death.queue.startswith((f"{inbound}.", f"{inbound}@")):
        return _undecided(death, prefix)
    return _job(death, headers)


def _ours(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a worker said, or that nobody said anything."""
    reason = text_of(headers.get("x-dead-reason"))
    known = _REASON.fullmatch(reason) is not None
    return {
        "shape": Shape.MESSAGE if known else Shape.STRAY,
        "reason": reason if known else UNKNOWN,
        "detail": text_of(headers.get("x-dead-detail")),
        "platform": text_of(headers.get("x-dead-platform")) or None,
        "source_kind": text_of(headers.get("x-dead-source-kind")) or None,
        "route": None,
        "attempt": _count(headers.get("x-dead-attempt")),
        "at": _moment(headers.get("x-dead-at")),
        "exchange": text_of(headers.get("x-dead-exchange")),
        "routing_key": text_of(headers.get("x-dead-routing-key")),
        "queue": None,
    }


def _undecided(death: BrokerDeath, prefix: str) -> dict[str, Any]:
    """Return what the broker said; the headers are a feeder's, who may say anything."""
    entry = f"{prefix}in."
    named = death.exchange.removeprefix(entry) if death.exchange.startswith(entry) else ""
    return {
        **_said(death),
        "shape": Shape.UNDECIDED,
        "platform": _platform(named),
        "source_kind": None,
        "route": None,
        "attempt": None,
    }


def _job(death: BrokerDeath, headers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_said(death),
        "shape": Shape.JOB,
        "platform": text_of(headers.get("x-platform")) or None,
        "source_kind": text_of(headers.get("x-source-kind")) or None,
        "route": text_of(headers.get("x-route")) or None,
        "attempt": _count(headers.get("x-attempt")),
    }


def _said(death: BrokerDeath) -> dict[str, Any]:
    return {
        "reason": death.reason or UNKNOWN,
        "detail": death.detail,
        "at": death.at,
        "exchange": death.exchange,
        "routing_key": death.routing_key,
        "queue": death.queue,
    }


def _platform(named: str) -> str | None:
    try:
        return PlatformName.parse(named).platform
    except ValueError:
        return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(value: object) -> datetime | None:
    try:
        read = datetime.fromisoformat(text_of(value)[:40])
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _id(
    body: bytes,
    wire: bytes,
    properties: WireProperties | None,
    headers: Mapping[str, Any],
    dead_key: str,
) -> str:
    digest = sha256(body)
    if properties is None:
        digest.update(b"\0" + wire)
    else:
        kept = {k: v for k, v in properties.values.items() if k not in _PASSING}
        lasting = {k: v for k, v in headers.items() if k not in _PASSING_HEADERS}
        said = (dead_key, sorted(kept.items()), sorted(lasting.items()))
        digest.update(b"\0" + repr(said).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:_HEX]
