"""From a dead letter to what is published to `in.redrive`, or why that would be wrong."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from contracts import DeadReason, PlatformName, SourceKind, TurnJob, routing_key
from routing.origin import EXCHANGE, REDRIVE, RESERVED, platform_of
from routing.rejection import Rejection
from routing.table import RoutingTable
from worker.dead.amqp_properties import WireProperties, read_properties
from worker.dead.amqp_table import Entry, Unreadable, Value
from worker.dead.letter import Letter, Shape
from worker.pipeline.delivery import Delivery
from worker.pipeline.json_reader import raw_member
from worker.pipeline.redrive import FINGERPRINT, REDRIVE_HEADERS, UNCHANGED, Redrive

MOST_UNCHANGED = 3
"""How often a letter may come back as it was, before somebody has to insist."""
_PERSISTENT = 2
# The others act on a broker, are the operator's own, or are in the redrive's headers.
_KEPT = (
    "content_type content_encoding correlation_id reply_to timestamp type app_id".split()
)  # fmt: skip
_OF_A_JOB = ("traceparent", "tracestate")
_NOT_KEPT = ("x-dead-", REDRIVE_HEADERS, "x-death", "x-first-death-", "x-last-death-")
_COUNTED = frozenset({"cc", "bcc", "x-delivery-count", "x-acquired-count"})
_DIRECT_REPLY = "amq.rabbitmq.reply-to"
_KINDS = {kind.value: kind for kind in SourceKind}
_UNVOUCHED = frozenset({DeadReason.UNTRUSTED_PUBLISHER.value, DeadReason.BAD_SIGNATURE.value})


@dataclass(frozen=True, slots=True)
class Redriving:
    """A letter as it is published once more; under which message id is its publisher's choice."""

    redrive: Redrive
    routing_key: str
    properties: WireProperties
    body: bytes = field(repr=False)

    def delivery(self, prefix: str) -> Delivery:
        """Return what a worker gets."""
        given = self.properties.plain()
        return Delivery(1, self.body, prefix + REDRIVE, self.routing_key, given)


class Refused(Exception):
    """A letter is not to be redriven; the text says why, and names nothing of it."""


def redriving(
    letter: Letter,
    table: RoutingTable,
    prefix: str,
    *,
    force: bool = False,
    believes_x_death: bool = True,
) -> Redriving:
    """Return a letter as it is published once more. Raises Refused.

    `force` lets pass what came back unchanged too often, and messages whose publisher or signature
    was refused, or not looked at: they are strangers' then. `believes_x_death` says whether the
    broker alone writes that header; RabbitMQ 3 lets a feeder do so.
    """
    try:
        given = read_properties(letter.wire)
    except Unreadable:
        raise Refused("its AMQP properties cannot be read") from None
    match letter.shape:
        case Shape.MESSAGE:
            made = _of_message(letter, given, prefix, force=force)
        case Shape.JOB:
            made = _of_job(letter, given, prefix)
        case Shape.UNDECIDED:
            believed = believes_x_death or letter.queue == _own_queue(letter, prefix)
            if not believed and not force:
                raise Refused("on RabbitMQ 3 its feeder may have written where it came from")
            made = _of_undecided(letter, given, prefix, None if force else table, believed=believed)
        case _:
            raise Refused("neither a worker nor the broker says what it was")
    if made.redrive.unchanged >= MOST_UNCHANGED and not force:
        raise Refused(f"it came back unchanged {MOST_UNCHANGED} times")
    return made


def _of_message(letter: Letter, given: WireProperties, prefix: str, *, force: bool) -> Redriving:
    if letter.reason in _UNVOUCHED and not force:
        raise Refused(f"nobody vouched for whom it is from ({letter.reason})")
    headers = letter.properties.headers
    redrive = Redrive(
        platform=_platform(letter, prefix),
        source_kind=_KINDS.get(letter.source_kind or ""),
        attempt=_next(letter.attempt),
        exchange=letter.exchange,
        signed=headers.get("x-dead-signed") == 1,
        message_id=_text(headers, "x-dead-message-id"),
        derived_id=_text(headers, "x-dead-derived-id"),
        user_id=_text(headers, "x-dead-user-id"),
        timestamp=_time(_text(headers, "x-dead-timestamp")) or letter.properties.timestamp,
        **_history(letter),
    )
    return _made(redrive, letter.routing_key, given, letter.body, _entries(given))


def _of_undecided(
    letter: Letter,
    given: WireProperties,
    prefix: str,
    table: RoutingTable | None,
    *,
    believed: bool,
) -> Redriving:
    """Return a message that no worker settled: all that is known of it is its exchange.

    Unless that is ours, and it was dead before. Who sent it is checked by the table, if one is
    given.
    """
    if believed and letter.exchange == prefix + REDRIVE:
        try:
            earlier = Redrive.read(letter.properties.headers, prefix)
        except Rejection:
            raise Refused("it came from in.redrive, and does not say what it was before") from None
        redrive = replace(earlier, attempt=_next(earlier.attempt), **_history(letter))
    else:
        platform = _platform(letter, prefix)
        if table is not None:
            _check_sender(platform.platform, letter.properties.user_id, table)
        redrive = Redrive(
            platform=platform,
            source_kind=None,
            attempt=_next(None),
            exchange=letter.exchange,
            message_id=letter.properties.message_id,
            user_id=letter.properties.user_id,
            timestamp=letter.properties.timestamp,
            fingerprint=letter.fingerprint,
        )
    return _made(redrive, letter.dead_key, given, letter.body, _entries(given))


def _of_job(letter: Letter, given: WireProperties, prefix: str) -> Redriving:
    """Return the message of a turn job, which only workers can have written."""
    try:
        job = TurnJob.model_validate_json(letter.body)
        body = raw_member(letter.body, "message")
        key = routing_key(json.loads(body))
        source = job.source
        platform = PlatformName(source.platform, source.instance)
    except (ValueError, KeyError, RecursionError):
        raise Refused("it was a turn job, and its body is none") from None
    is_owner = source.source_kind is SourceKind.OWNER
    redrive = Redrive(
        platform=platform,
        source_kind=source.source_kind,
        attempt=_next(job.attempt),
        exchange=f"{prefix}{EXCHANGE}{source.platform}",
        # Where ids can be forged a job has one, or is the owner's, only if they were signed.
        signed=source.verified and (source.user_id is not None or is_owner),
        derived_id=job.message.message_id if job.message_id_derived else None,
        user_id=source.publisher,
        **_history(letter),
    )
    values: dict[str, Any] = {"content_type": "application/json"}
    if job.reply_to is not None and job.message.reply_to is None:
        values["reply_to"] = job.reply_to.routing_key
        values["correlation_id"] = job.reply_to.correlation_id
    traced = tuple(entry for entry in _entries(given) if entry.name in _OF_A_JOB)
    return _made(redrive, key, WireProperties(values, None), body, traced)


def _made(
    redrive: Redrive, key: str, given: WireProperties, body: bytes, entries: tuple[Entry, ...]
) -> Redriving:
    values = {name: given.values[name] for name in _KEPT if given.values.get(name) is not None}
    if str(values.get("reply_to", "")).startswith(_DIRECT_REPLY):
        del values["reply_to"]  # whoever asked is long gone, and a broker would look for him
    values["delivery_mode"] = _PERSISTENT
    said = (
        Entry(name, Value("l" if isinstance(value, int) else "S", value))
        for name, value in redrive.headers().items()
    )
    return Redriving(redrive, key, WireProperties(values, (*entries, *said)), body)


def _check_sender(platform: str, user_id: str | None, table: RoutingTable) -> None:
    """Raise Refused where only some may speak for a platform, and this is not known to be one.

    A signature cannot be judged any more: it holds for minutes.
    """
    listed = table.publishers.get(platform)
    if platform in table.signing_keys or (listed is not None and user_id not in listed):
        raise Refused("no worker had seen whether whoever sent it may speak for its platform")


def _entries(given: WireProperties) -> tuple[Entry, ...]:
    """Return the headers that its feeder gave it, without those that act on a broker."""
    return tuple(
        entry
        for entry in given.headers or ()
        if not (name := entry.name.lower()).startswith(_NOT_KEPT) and name not in _COUNTED
    )


def _platform(letter: Letter, prefix: str) -> PlatformName:
    """Return the platform, with its instance if the exchange says which. Raises Refused."""
    vouched = platform_of(letter.exchange, prefix)
    if letter.platform is None or letter.platform in RESERVED:
        raise Refused(f"nobody vouched for its platform ({letter.reason})")
    if vouched is not None and vouched.platform == letter.platform:
        return vouched
    try:
        return PlatformName.parse(letter.platform)
    except ValueError:
        raise Refused("what it says of its platform is no name of one") from None


def _own_queue(letter: Letter, prefix: str) -> str:
    return f"{prefix}inbound@{letter.platform}"


def _history(letter: Letter) -> dict[str, Any]:
    """Return what it died of, and how often in a row it has come back with just that."""
    headers = letter.properties.headers
    before, count = headers.get(FINGERPRINT), headers.get(UNCHANGED)
    same = before == letter.fingerprint and isinstance(count, int) and count >= 0
    return {"fingerprint": letter.fingerprint, "unchanged": int(count or 0) + 1 if same else 0}


def _next(attempt: int | None) -> int:
    return max(1, attempt or 1) + 1


def _text(headers: Any, name: str) -> str | None:
    value = headers.get(name)
    return value if isinstance(value, str) and value else None


def _time(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 20 else None
