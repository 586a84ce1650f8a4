"""Whom a letter is of: what its body says, and its job."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from contracts import HubFrame, InboundMessage, PlatformName, short
from routing.conversation import conversation_key
from routing.table import RoutingTable
from worker.dead.letter import Letter, Shape

_USER = ("user_id", "user_id_alt")
_CHAT = ("chat_id", "chat_id_alt", "thread_id", "parent_chat_id")
_DM = "dm"


@dataclass(frozen=True, slots=True)
class Traces:
    """The ids in a letter. A platform is one without its instance."""

    platforms: frozenset[str]
    """What is said of its platform, by whoever says it: the worker, the exchange, the body."""
    users: frozenset[str] = field(repr=False)
    conversations: frozenset[str] = field(repr=False)
    """Stated ids, keys as the log shows them, and ids of chats and threads."""
    readable: bool = True
    """Whether its body is an object in which no name stands twice, so that this is all there is."""


def traces(letter: Letter, table: RoutingTable) -> Traces:
    """Return whom a letter is of. Total: its body may be anything."""
    platforms = {_platform(letter.platform)}
    try:
        document = json.loads(letter.body, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        known = frozenset(filter(None, platforms))
        return Traces(known, frozenset(), frozenset(), readable=False)
    users: set[str] = set()
    conversations: set[str] = set()
    if letter.shape is Shape.JOB:
        conversations |= set(_texts(document, ("conversation_id",)))
        conversations |= set(filter(None, [letter.properties.correlation_id]))
    for message in _messages(document):
        conversations |= set(_texts(message, ("conversation_id",)))
        conversations |= set(filter(None, [_key(message, letter.platform, table)]))
    for source in _sources(document):
        platforms |= {_platform(text) for text in _texts(source, ("platform",))}
        users |= set(_texts(source, _USER))
        chats = set(_texts(source, _CHAT))
        conversations |= chats
        if source.get("chat_type") == _DM:
            users |= chats  # on many platforms a DM's chat is called after the other person
    keys = {short(key) for key in conversations}
    return Traces(
        frozenset(filter(None, platforms)), frozenset(users), frozenset(conversations | keys)
    )


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises ValueError where a name stands twice, and one value is lost."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name twice")
    return read


def _messages(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what may be an inbound message: the body, that in a hub frame, that in a job."""
    yield document
    for name in ("message", "data"):
        inner = document.get(name)
        if isinstance(inner, dict):
            yield inner


def _sources(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for message in _messages(document):
        source = message.get("source")
        if isinstance(source, dict):
            yield source
    if HubFrame.is_shape_of(document):
        for sender in _texts(document["data"], ("from",)):
            yield {"user_id": sender, "chat_id": f"hub:{sender}", "chat_type": _DM}


def _key(message: Mapping[str, Any], platform: str | None, table: RoutingTable) -> str | None:
    """Return the conversation as the log calls it, None where the message does not decide it."""
    try:
        read = InboundMessage.model_validate(message)
        said = read.source.platform if read.source else None
        return conversation_key(read, PlatformName.parse(said or platform or ""), table)
    except (ValidationError, ValueError):
        return None


def _texts(values: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value:
            yield value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield str(value)


def _platform(text: str | None) -> str | None:
    try:
        return PlatformName.parse(text or "").platform
    except ValueError:
        return None
