"""From a decision to the turn job, as bytes ready to publish."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from contracts import ReplyTo, SourceKind, TurnJob, TurnSource, short, turn_id
from routing.decision import Decision, queue_of
from worker.pipeline.decode import Decoded
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.publication import Publication
from worker.pipeline.redrive import Redrive

JOB_TYPE = "turn.v1"
_JOB = TypeAdapter(TurnJob)
_TRACE_HEADERS = ("traceparent", "tracestate")
_MAX_TRACE_HEADER = 512
_PLAIN = re.compile("[ -~]*")
"""What an HTTP header may hold: runners send them on, and a line end would begin another header."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the world adds to a job: when it was received, and its place in time."""

    received_at: datetime
    sequence: int


def build_job(
    decoded: Decoded,
    reply_to: ReplyTo | None,
    source_kind: SourceKind,
    conversation_id: str,
    decision: Decision,
    stamp: Stamp,
    user_id: str | None,
    attempt: int = 1,
) -> TurnJob:
    """Return the turn job. `user_id` is the sender's, None where the platform lets it be forged;
    `attempt` is 1 + the number of redrives.
    """
    message, platform = decoded.message, decoded.platform
    source = message.source
    return TurnJob(
        version="1",
        turn_id=turn_id(platform.platform, message.agent_id, conversation_id, decoded.message_id),
        conversation_id=conversation_id,
        sequence=stamp.sequence,
        agent_id=message.agent_id or None,
        purpose=message.purpose,
        hops=message.hops + 1,
        attempt=attempt,
        message=message,
        message_id_derived=decoded.message_id_derived,
        source=TurnSource(
            platform=platform.platform,
            instance=platform.instance,
            source_kind=source_kind,
            chat_type=(source and source.chat_type) or None,
            chat_id=(source and source.chat_id) or None,
            user_id=user_id,
            publisher=decoded.origin.publisher,
            verified=decoded.origin.verified,
        ),
        runtime=decision.runtime,
        fallbacks=decision.fallbacks,
        route=decision.route,
        allow_control=source_kind is SourceKind.OWNER,
        received_at=stamp.received_at,
        expires_at=expiry(message.expires_at, stamp.received_at, decision.expires_in),
        reply_to=reply_to,
    )


def expiry(
    stated: datetime | None, received_at: datetime, expires_in: float | None
) -> datetime | None:
    """Return when nobody wants the turn any more: as the message says, or `expires_in` seconds from
    its receipt, whichever is sooner. None for never.
    """
    if expires_in is None:
        return stated
    latest = received_at + timedelta(seconds=expires_in)
    return latest if stated is None else min(stated, latest)


def encode_job(job: TurnJob) -> bytes:
    """Return the job as JSON.

    All of the job's own fields, null where unset; of the message the fields that were set.
    """
    return _JOB.dump_json(job, exclude_unset=True)


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else str(max(1, round(seconds * 1000)))


def job_publication(
    job: TurnJob,
    delivery: Delivery,
    decision: Decision,
    prefix: str,
    redrive: Redrive | None = None,
) -> Publication:
    """Return the job as a message to the queue that was decided.

    That of a redriven message keeps what it died of before, should a runner reject it again.
    """
    headers: dict[str, object] = {
        "x-turn-id": str(job.turn_id),
        "x-attempt": job.attempt,
        "x-platform": job.source.platform,
        "x-source-kind": job.source.source_kind.value,
        "x-route": job.route.name,
        **(redrive.history() if redrive else {}),
    }
    for name in _TRACE_HEADERS:
        value = delivery.properties.headers.get(name)
        if isinstance(value, str) and len(value) <= _MAX_TRACE_HEADER and _PLAIN.fullmatch(value):
            headers[name] = value
    return Publication(
        exchange=f"{prefix}turns",
        routing_key=queue_of(decision, prefix),
        body=encode_job(job),
        properties=Properties(
            content_type="application/json",
            type=JOB_TYPE,
            correlation_id=short(job.conversation_id),
            priority=decision.priority,
            expiration=_milliseconds(decision.expires_in),
            headers=headers,
        ),
    )
