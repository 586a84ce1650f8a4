"""A delivery that could not become a turn, kept with its reason."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contracts import DeadReason
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.publication import Publication
from worker.pipeline.turn import DeadLetter, Known

_MAX_DETAIL = 500
# The header frame cannot be split, and the broker closes the connection over one that is larger
# than its frame_max (128 KiB); a feeder's own headers may come close to that.
_MAX_ORIGINAL_HEADERS = 32 * 1024
_INT64 = 2**63
# These act on the broker when published again: they copy the message to other queues.
_COPYING_HEADERS = {"CC": "x-dead-cc", "BCC": "x-dead-bcc"}
_DIRECT_REPLY = "amq.rabbitmq.reply-to"


def dead_letter(
    delivery: Delivery,
    reason: DeadReason,
    detail: str,
    known: Known,
    now: datetime,
    prefix: str = "",
    *,
    clean_document: Mapping[str, Any] | None = None,
    error: Exception | None = None,
) -> DeadLetter:
    """Return the dead letter of a delivery.

    The body is the original one, byte for byte, unless keys had to be taken out of it:
    `clean_document` is then what is kept. Properties that would harm when published again
    (user_id, expiration, CC, BCC, priority, direct reply-to) move into headers.
    """
    body = delivery.body
    if clean_document is not None:
        body = json.dumps(clean_document, ensure_ascii=False).encode()
    publication = Publication(
        exchange=f"{prefix}dead",
        routing_key="",
        body=body,
        properties=_properties(delivery, reason, detail, known, now),
    )
    return DeadLetter(reason, detail, publication, known, error)


def _properties(
    delivery: Delivery,
    reason: DeadReason,
    detail: str,
    known: Known,
    now: datetime,
) -> Properties:
    original = delivery.properties
    headers = _original_headers(original.headers)
    facts = {
        "x-dead-reason": reason.value,
        "x-dead-detail": detail[:_MAX_DETAIL],
        "x-dead-at": now.astimezone(UTC).isoformat(timespec="milliseconds"),
        "x-dead-exchange": delivery.exchange,
        "x-dead-routing-key": delivery.routing_key,
        "x-dead-table": known.table,
        "x-dead-platform": known.platform,
        "x-dead-source-kind": known.source_kind.value if known.source_kind else None,
        "x-dead-attempt": known.attempt,
        "x-dead-redacted": 1 if known.redacted else None,
        "x-dead-message-id": original.message_id,
        "x-dead-user-id": original.user_id,
        "x-dead-expiration": original.expiration,
        "x-dead-priority": original.priority,
    }
    reply_to = original.reply_to
    if reply_to and reply_to.startswith(_DIRECT_REPLY):
        facts["x-dead-reply-to"], reply_to = reply_to, None
    headers.update({name: value for name, value in facts.items() if value is not None})
    return Properties(
        content_type=original.content_type,
        content_encoding=original.content_encoding,
        headers=headers,
        correlation_id=original.correlation_id,
        reply_to=reply_to,
        timestamp=original.timestamp,
        type=original.type,
        app_id=original.app_id,
    )


def _original_headers(original: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    dropped = 0
    room = _MAX_ORIGINAL_HEADERS
    for name, value in original.items():
        if name.lower().startswith("x-dead-"):
            dropped += 1  # ours alone to write: whoever redrives a letter relies on them
            continue
        plain = _plain(value)
        room -= len(name) + len(repr(plain))
        if room < 0:
            dropped += 1
            continue
        kept[_COPYING_HEADERS.get(name, name)] = plain
    if dropped:
        kept["x-dead-headers-dropped"] = dropped
    return kept


def _plain(value: Any) -> Any:
    """Return a header value that can be written again, whatever AMQP type it was read as."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -_INT64 <= value < _INT64 else str(value)
        case bytes() | bytearray():
            return bytearray(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {str(name): _plain(item) for name, item in value.items()}
        case _:  # numbers and times that have several widths on the wire: their text keeps all
            return str(value)
