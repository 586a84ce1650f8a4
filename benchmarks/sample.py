"""The messages that are measured with, and the routing table they are routed by.

Eight ways in, each to a model of its own; every message says which model it is for, so that a
benchmark can count it in the right queue.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from contracts import routing_key

_TEXTS = (
    (
        "Could you go through the failing test run of last night and tell me which of the changes"
        " since Tuesday broke it? The log is long; the interesting part is near the end, where the"
        " second worker gives up. If it is the cache again, say so and stop there, we know it."
    ),
    (
        "Please put together a summary of what was decided in this thread for those who were not"
        " here, with the open questions at the end and a name beside each of them. Half a page will"
        " do; no need to quote anybody. Post it here before the call at three, so that all see it."
    ),
)


@dataclass(frozen=True, slots=True)
class Way:
    """A platform and a chat type, and the model that the table has for them."""

    platform: str
    chat_type: str
    model: str


WAYS = tuple(
    Way(platform, chat_type, f"model-{number}")
    for number, (platform, chat_type) in enumerate(
        (
            ("telegram", "dm"),
            ("telegram", "group"),
            ("discord", "channel"),
            ("discord", "thread"),
            ("slack", "channel"),
            ("slack", "dm"),
            ("hub", "dm"),
            ("cron", "dm"),
        )
    )
)
MODELS = tuple(way.model for way in WAYS)


@dataclass(frozen=True, slots=True)
class Sample:
    """A message as a feeder publishes it."""

    message_id: str
    exchange: str
    routing_key: str
    body: bytes
    model: str
    """The model its job has to be for."""


def samples(count: int, *, run: str, conversations: int = 5_000) -> Iterator[Sample]:
    """Yield `count` messages of random conversations; `run` makes their ids unique."""
    random = Random(1)
    for number in range(count):
        conversation = random.randrange(conversations)
        yield _sample(f"{run}-{number:08d}", conversation, WAYS[conversation % len(WAYS)])


def _sample(message_id: str, conversation: int, way: Way) -> Sample:
    message = _message(message_id, conversation, way)
    return Sample(
        message_id=message_id,
        exchange=f"in.{way.platform}",
        routing_key=routing_key(message),
        body=json.dumps(message, separators=(",", ":")).encode(),
        model=way.model,
    )


def _message(message_id: str, conversation: int, way: Way) -> dict[str, Any]:
    chat, user = 1_000_000 + conversation, 2_000_000 + conversation
    return {
        "version": "1",
        "message_id": message_id,
        "text": _TEXTS[conversation % len(_TEXTS)],
        "message_type": "text",
        "source": {
            "platform": way.platform,
            "chat_id": str(chat),
            "chat_type": way.chat_type,
            "chat_name": f"chat number {conversation}",
            "user_id": str(user),
            "user_name": f"User Number {conversation}",
            "thread_id": "77" if way.chat_type == "thread" else None,
            "scope_id": f"scope-{conversation % 20}",
            "message_id": f"pm-{message_id}",
        },
        "agent_id": "assistant",
        "context": None,
        "media_urls": [],
        "metadata": {"locale": "en-GB", "client": "gateway/2.4.1", "tags": ["support", "weekly"]},
        "created_at": "2026-01-31T12:00:00.125Z",
    }


def table_text(extra_rules: int = 0) -> str:
    """Return a routing table with a rule for each way, after `extra_rules` that never match."""
    rules = [_rule({"chat_id": f"nobody-{n}"}, "base-model") for n in range(extra_rules)]
    rules += [_rule({"platform": w.platform, "chat_type": w.chat_type}, w.model) for w in WAYS]
    return "\n".join(
        (
            "model:",
            "  default: base-model",
            "  provider: custom",
            "  base_url: https://models.example/v1",
            "  api_key: ${BASE_KEY}",
            "  routes:",
            *(f"    - {json.dumps(rule)}" for rule in rules),
            "limits: off",
            "",
        )
    )


def _rule(match: dict[str, str], model: str) -> dict[str, Any]:
    return {"match": match, "model": model}
