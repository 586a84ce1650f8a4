"""A delivery that could not become a turn, kept with its reason."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contracts import DeadReason
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.kept_headers import kept_headers
from worker.pipeline.publication import Publication
from worker.pipeline.redact import redact_headers
from worker.pipeline.turn import DeadLetter, Known

_MAX_DETAIL = 500
# The last second of the year 9999; AMQP has room for later ones, calendars have not.
_LAST_TIMESTAMP = 253_402_300_799
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
    `clean_document` is then what is kept. Headers that have a key's name lose their value.
    Properties that would harm when published again (user_id, expiration, CC, BCC, priority, direct
    reply-to, a time past all calendars) move into headers.
    """
    detail = detail[:_MAX_DETAIL]
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
    headers, hidden = redact_headers(kept_headers(original.headers))
    kind, derived_id = known.source_kind, known.message_id if known.message_id_derived else None
    signed, redrive = known.signed, known.redrive
    if redrive is not None:
        # It stays what it was, however little the table makes of it by now.
        kind, derived_id = redrive.source_kind or kind, redrive.derived_id or derived_id
        signed = redrive.signed
    facts = {
        "x-dead-reason": reason.value,
        "x-dead-detail": detail,
        "x-dead-at": now.astimezone(UTC).isoformat(timespec="milliseconds"),
        "x-dead-exchange": delivery.exchange,
        "x-dead-routing-key": delivery.routing_key,
        "x-dead-table": known.table,
        "x-dead-platform": known.platform,
        "x-dead-source-kind": kind.value if kind else None,
        "x-dead-signed": 1 if signed else None,
        "x-dead-attempt": known.attempt,
        "x-dead-redacted": 1 if known.redacted or hidden else None,
        "x-dead-message-id": original.message_id,
        "x-dead-derived-id": derived_id,
        "x-dead-user-id": original.user_id,
        "x-dead-expiration": original.expiration,
        "x-dead-priority": original.priority,
        **(redrive.history() if redrive else {}),
    }
    reply_to = original.reply_to
    if reply_to and reply_to.startswith(_DIRECT_REPLY):
        facts["x-dead-reply-to"], reply_to = reply_to, None
    timestamp = original.timestamp
    if timestamp is not None and timestamp > _LAST_TIMESTAMP:
        facts["x-dead-timestamp"], timestamp = str(timestamp), None
    headers.update({name: value for name, value in facts.items() if value is not None})
    return Properties(
        content_type=original.content_type,
        content_encoding=original.content_encoding,
        headers=headers,
        correlation_id=original.correlation_id,
        reply_to=reply_to,
        timestamp=timestamp,
        type=original.type,
        app_id=original.app_id,
    )
