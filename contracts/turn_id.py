"""The identity of a turn."""

import json
from uuid import UUID, uuid5

NAMESPACE = UUID("6f3f7bb0-6a52-5d0e-9a3f-0f6a1f0b7c11")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def turn_id(platform: str, agent_id: str | None, conversation_id: str, message_id: str) -> UUID:
    """Return the UUIDv5 that the same message gets every time it is routed.

    `platform` is without its instance; `conversation_id` is the turn job's. Golden value:
    `("telegram", None, "c", "m")` gives `27160b5c-f8a8-5bf4-a0f9-106f1a0e05e4`.
    """
    return uuid5(NAMESPACE, _encode([platform, agent_id or "", conversation_id, message_id]))
