"""What the feeder says: conversations of numbered messages, and what has to become of each."""

import json
import random
from dataclasses import dataclass
from typing import Any, NamedTuple

from contracts import routing_key
from contracts.turn_queue import turn_queue

BASE, STRONG, PEER = "base-m", "strong-m", "peer-m"
QUEUES = {model: turn_queue(model) for model in (BASE, STRONG, PEER)}
DEAD = "dead"
PLATFORMS = ("telegram", "discord", "hub")
POISON = (
    b'{"text": "never closed',
    b'["an array"]',
    b'{"text": NaN}',
    b'{"text": "\xff\xfe"}',
    b'{"version": "9", "text": "from the future"}',
    b"",
    b'{"text": "x", "message_id": ' + b"[" * 200 + b"]" * 200 + b"}",
    b'{"text": "nul \x00 byte"}',
)


def routing_table() -> dict[str, Any]:
    """The configuration file that the workers run with."""
    return {
        "model": {
            "default": BASE,
            "provider": "custom",
            "routes": [{"match": {"metadata.tier": "strong"}, "model": STRONG}],
            "platforms": {"hub": PEER},
        },
        "platforms": {"telegram": {"home_channel": "1"}, "discord": {"home_channel": "1"}},
        "limits": "off",
    }


_POISON = 0.01
_BARE = 0.03


class Key(NamedTuple):
    """Which message: its conversation, and its number in it, from 1."""

    chat: str
    number: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message, ready to be published, and the queue that must get it."""

    key: Key
    amqp_id: str | None
    """Its id, where the body has none."""
    exchange: str
    routing_key: str
    body: bytes
    queue: str
    poison: bool


class Conversation:
    """One chat. Its message ids are its own numbers, as many platforms have it."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.chat = f"chat-{number}"
        self._platform = rng.choice(PLATFORMS)
        self._strong = rng.choice((0.0, 0.0, 0.5, 1.0))
        self._agent = rng.choice((None, None, f"agent-{number % 3}"))
        self._stated = rng.random() < 0.3
        self._padding = "x" * rng.choice((10, 10, 200, 2000))
        self._rng = rng
        self._number = 0
        self._routing_key = routing_key(self._body(strong=False))

    def next(self) -> Line:
        """Return the next message of this conversation."""
        self._number += 1
        strong = self._rng.random() < self._strong
        poison = self._rng.random() < _POISON
        bare = self._rng.random() < _BARE
        body = self._rng.choice(POISON) if poison else self._encoded(strong=strong, bare=bare)
        return Line(
            key=Key(self.chat, self._number),
            amqp_id=f"{self.chat} says {self._number}" if bare else None,
            exchange=f"in.{self._platform}",
            routing_key=self._routing_key,
            body=body,
            queue=DEAD if poison else QUEUES[self._model(strong=strong)],
            poison=poison,
        )

    def _model(self, *, strong: bool) -> str:
        if strong:
            return STRONG
        return PEER if self._platform == "hub" else BASE

    def _encoded(self, *, strong: bool, bare: bool) -> bytes:
        body = self._body(strong=strong)
        if not bare:
            body |= {"message_id": str(self._number), "text": f"{self._number} {self._padding}"}
        return json.dumps(body).encode()

    def _body(self, *, strong: bool) -> dict[str, Any]:
        body: dict[str, Any] = {
            "text": "yes",
            "source": {
                "platform": self._platform,
                "chat_id": self.chat,
                "chat_type": "dm",
                "user_id": self.chat,
            },
        }
        if self._agent:
            body["agent_id"] = self._agent
        if self._stated:
            body["conversation_id"] = f"stated {self.chat}"
        if strong:
            body["metadata"] = {"tier": "strong"}
        return body
