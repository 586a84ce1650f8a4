"""What rules can ask of a message: each fact as text, or None where the message lacks it."""

import json

from tests.routing.reference_router.reference_platform import platform_name
from tests.routing.reference_router.reference_simple_text import is_simple

SPOOFABLE = ["webhook", "api_server", "msgraph_webhook"]


def fact(key, document, facts):  # noqa: C901, PLR0912 - as plain as the list of facts
    """Return the fact `key` of a message as text, None if it is missing."""
    message = facts["message"]
    source = message.get("source") or {}
    platform, instance = platform_name(facts["platform"])
    text = message.get("text") or ""
    if key == "platform":
        return platform
    if key == "instance":
        return instance
    if key == "source_kind":
        return facts["source_kind"]
    if key == "user_id":
        spoofable = document.get("spoofable_platforms", SPOOFABLE)
        return None if platform in spoofable else _id(source.get("user_id"))
    if key in {"chat_id", "chat_type", "thread_id", "parent_chat_id", "profile"}:
        return _id(source.get(key))
    if key == "scope_id":
        return _id(source.get("scope_id", source.get("guild_id")))
    if key == "agent_id":
        return _id(message.get("agent_id"))
    if key == "purpose":
        return message.get("purpose") or "turn"
    if key == "message_type":
        return message.get("message_type") or "text"
    if key == "hops":
        return str(message.get("hops") or 0)
    if key == "text.length":
        return str(len(text))
    if key == "text.words":
        return str(len(text.split()))
    if key == "text.simple":
        return _flag(is_simple(text, document))
    if key == "has_media":
        files = [part for part in message.get("parts") or [] if part.get("url") or part.get("raw")]
        return _flag(message.get("media_urls") or files)
    if key == "verified":
        return _flag(facts["verified"])
    if key == "publisher":
        return facts["publisher"]
    return _json((message.get("metadata") or {}).get(key.removeprefix("metadata.")))


def _id(value):
    # An empty id is an absent one; one given as a number is its text.
    return None if value in {None, ""} else str(value)


def _flag(value):
    return "true" if value else "false"


def _json(value):
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
