"""Messages without what they say: decided as they would be, and nothing to read in them."""

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from contracts import HubFrame
from routing.simplicity import Simplicity, is_simple

_ANY_SIZE = Simplicity(max_chars=sys.maxsize, max_words=sys.maxsize)
# What rules ask for, what a conversation is made of, and what can be wrong with a message.
_KEPT = frozenset(
    (
        "version message_id message_type agent_id conversation_id purpose hops reply_to_message_id"
        " task_id created_at timestamp expires_at source_kind"
    ).split()
)
_KEPT_IN_FRAME = _KEPT | {"type", "messageId", "from"}
_KEPT_IN_SOURCE = frozenset(
    (
        "platform chat_id chat_type user_id thread_id user_id_alt chat_id_alt scope_id guild_id"
        " parent_chat_id message_id profile is_bot source_kind"
    ).split()
)
_NAMES = frozenset({"chat_name", "user_name"})
_KEPT_IN_OVERRIDE = frozenset({"runtime", "model"})
_KEPT_IN_REPLY_TO = frozenset({"exchange", "routing_key", "correlation_id"})
_CONTENTS = frozenset({"url", "raw", "filename", "metadata"})


def mask_message(document: Mapping[str, Any], *, metadata: bool = True) -> dict[str, Any]:
    """Return a message, or a hub frame, without its content.

    Its text becomes one of as many characters, words and lines, as simple as it was; parts and
    media keep their number and kind; names, `context`, `extensions` and unknown fields go. Unless
    `metadata`, that goes too. What is of a wrong type stays one of a wrong type.
    """
    if not HubFrame.is_shape_of(document):
        return _mask(document, _KEPT, metadata=metadata)
    frame = _mask(document, _KEPT_IN_FRAME, metadata=metadata)
    return {**frame, "data": _mask(document["data"], _KEPT_IN_FRAME, metadata=metadata)}


def mask_text(text: str) -> str:
    """Return a text as long, of as many words and lines, and as simple by any limits."""
    masked = re.sub(r"\S", "x", text)
    if is_simple(masked, _ANY_SIZE) and not is_simple(text, _ANY_SIZE):
        return masked.replace("x", "`", 1)  # by which no text is simple
    return masked


def _mask(document: Mapping[str, Any], kept: frozenset[str], *, metadata: bool) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for name, value in document.items():
        if name in kept:
            masked[name] = _flat(value)
        elif name == "metadata":
            masked[name] = value if metadata and isinstance(value, dict) else _blank(value)
        elif name in _MASKS:
            masked[name] = _MASKS[name](value)
    return masked


def _mask_text(value: Any) -> Any:
    return mask_text(value) if isinstance(value, str) else _blank(value)


def _mask_parts(value: Any) -> Any:
    return [_mask_part(part) for part in value] if isinstance(value, list) else _blank(value)


def _mask_part(part: Any) -> Any:
    if not isinstance(part, dict):
        return _blank(part)
    masked: dict[str, Any] = {}
    for name, value in part.items():
        if name == "text":
            masked[name] = _mask_text(value)
        elif name == "data":
            masked[name] = None if value is None else {}
        elif name == "media_type":
            masked[name] = _flat(value)
        elif name in _CONTENTS:
            masked[name] = _blank(value)
    return masked


def _only(value: Any, kept: frozenset[str], blank: frozenset[str] = frozenset()) -> Any:
    if not isinstance(value, dict):
        return _blank(value)
    masked = {name: _flat(value[name]) for name in value if name in kept}
    return masked | {name: _blank(value[name]) for name in value if name in blank}


def _blank_items(value: Any) -> Any:
    return [_blank(item) for item in value] if isinstance(value, list) else _blank(value)


def _flat(value: Any) -> Any:
    """Return an id or a number as it is; what is none holds nothing any more."""
    return _blank(value) if isinstance(value, dict | list) else value


def _blank(value: Any) -> Any:
    """Return an empty value of the same type; a text stays empty or not."""
    match value:
        case str():
            return "x" if value else ""
        case dict():
            return {}
        case list():
            return []
        case _:
            return value


_MASKS: dict[str, Callable[[Any], Any]] = {
    "text": _mask_text,
    "parts": _mask_parts,
    "source": lambda value: _only(value, _KEPT_IN_SOURCE, blank=_NAMES),
    "override": lambda value: _only(value, _KEPT_IN_OVERRIDE),
    "reply_to": lambda value: _only(value, _KEPT_IN_REPLY_TO),
    "media_urls": _blank_items,
    "media_types": _blank_items,
    "reference_task_ids": _blank,
}
