"""The facts about a message that rules can ask for."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts import InboundMessage, PlatformName, Source, SourceKind
from routing.condition import PLATFORM_IN_FULL
from routing.redriven import Redriven
from routing.simplicity import Simplicity, is_simple
from routing.table import RoutingTable
from routing.time_window import moment_text

IN_FULL = PLATFORM_IN_FULL
"""The platform as it is written with its instance, for conditions on both."""
TIME = "time"
METADATA = "metadata."
"""A fact of this beginning is that key of the message's `metadata`."""

_NO_SOURCE = Source()
_json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a message besides what it says and who it is from."""

    publisher: str | None = None
    """The RabbitMQ user, where the broker checked it."""
    verified: bool = False
    """Whether the platform lists publishers or signing keys, and all that it lists holds."""
    now: datetime | None = None
    """None where nobody says what time it is: then no time fits."""
    signed: bool = False
    """Whether a key of the platform's signed the message."""
    redriven: Redriven | None = None
    """What was found of it when it came first, if it comes once more."""


NOTHING_KNOWN = Circumstances()


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """What is known of a message when its model is chosen. A fact is worked out when asked for."""

    message: InboundMessage
    source: Source
    platform: PlatformName
    source_kind: SourceKind
    user_id: str | None
    """Absent where anybody can write whatever user id they like."""
    publisher: str | None
    verified: bool
    simplicity: Simplicity
    now: datetime | None

    def fact(self, key: str) -> str | None:
        """Return a fact as text, None if the message does not have it.

        JSON facts are their JSON text (`true`, `1.0`, `{"a":1}`), text is itself. Empty ids are
        absent, and so is null.
        """
        return reader(key)(self)

    def facts(self) -> dict[str, str]:
        """Return all facts that the message has."""
        keys = (*KEYS, *(METADATA + key for key in self.message.metadata))
        return {key: fact for key in keys if (fact := self.fact(key)) is not None}


def routing_context(
    message: InboundMessage,
    platform: PlatformName,
    source_kind: SourceKind,
    table: RoutingTable,
    circumstances: Circumstances = NOTHING_KNOWN,
) -> RoutingContext:
    """Return the context of a message, from what was decided about it: platform, source kind."""
    return RoutingContext(
        message=message,
        source=message.source or _NO_SOURCE,
        platform=platform,
        source_kind=source_kind,
        user_id=trusted_user_id(message, platform, table, signed=circumstances.signed),
        publisher=circumstances.publisher,
        verified=circumstances.verified,
        simplicity=table.simplicity,
        now=circumstances.now,
    )


def reader(key: str) -> Callable[[RoutingContext], str | None]:
    """Return what reads a fact; nothing knows a key that is no fact's."""
    if (read := _FACTS.get(key)) is not None:
        return read
    if not key.startswith(METADATA):
        return lambda _context: None
    name = key.removeprefix(METADATA)
    return lambda context: _text(context.message.metadata.get(name))


def trusted_user_id(
    message: InboundMessage, platform: PlatformName, table: RoutingTable, *, signed: bool
) -> str | None:
    """Return the sender's user id, None where ids can be forged and nobody signed them."""
    if message.source is None:
        return None
    if platform.platform in table.spoofable_platforms and not signed:
        return None
    return message.source.user_id or None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    # A number read from JSON remembers how it was written.
    return str(value) if isinstance(value, float) else _json_text(value)


def _time(context: RoutingContext) -> str | None:
    return None if context.now is None else moment_text(context.now)


def _is_simple(context: RoutingContext) -> str:
    return _json_text(is_simple(context.message.text or "", context.simplicity))


def _has_media(message: InboundMessage) -> bool:
    return bool(message.media_urls) or any(part.url or part.raw for part in message.parts)


_FACTS: dict[str, Callable[[RoutingContext], str | None]] = {
    "platform": lambda context: context.platform.platform,
    "instance": lambda context: context.platform.instance,
    "source_kind": lambda context: context.source_kind.value,
    "user_id": lambda context: context.user_id,
    "chat_id": lambda context: context.source.chat_id or None,
    "chat_type": lambda context: context.source.chat_type or None,
    "thread_id": lambda context: context.source.thread_id or None,
    "parent_chat_id": lambda context: context.source.parent_chat_id or None,
    "scope_id": lambda context: context.source.scope_id or None,
    "agent_id": lambda context: context.message.agent_id or None,
    "profile": lambda context: context.source.profile or None,
    "purpose": lambda context: context.message.purpose,
    "message_type": lambda context: context.message.message_type,
    "hops": lambda context: str(context.message.hops),
    "text.length": lambda context: str(len(context.message.text or "")),
    "text.words": lambda context: str(len((context.message.text or "").split())),
    "text.simple": _is_simple,
    "has_media": lambda context: _json_text(_has_media(context.message)),
    "verified": lambda context: _json_text(context.verified),
    "publisher": lambda context: context.publisher,
    TIME: _time,
    IN_FULL: lambda context: str(context.platform),
}

KEYS = tuple(key for key in _FACTS if key != IN_FULL)
"""Every fact a rule can ask for, in the order people are shown them; and `metadata.<key>`."""
