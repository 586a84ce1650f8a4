"""A table and messages that come to each of its rules, and to most ways to be dead."""

import json
from typing import Any

from tests.broker.client import Client

KEY = "canary-key"
SAID = "canary-said"
TABLE: dict[str, Any] = {
    "model": {
        "default": "m-base",
        "routes": [
            {"name": "nobody", "match": {"chat_id": "banned"}, "deny": True},
            {"match": {"source_kind": "owner"}, "model": "m-owner", "queue": "own.queue"},
            {"match": {"metadata.tier": "1.10"}, "model": "m-gold"},
            {"match": {"text.words": {"gt": 5}}, "model": "m-long"},
            {
                "match": {"platform": "discord"},
                "split": [
                    {"weight": 1, "model": "m-a", "name": "a"},
                    {"weight": 1, "model": "m-b"},
                ],
            },
        ],
        "platforms": {"hub": "m-hub"},
    },
    "smart_model_routing": {"enabled": True, "cheap_model": {"model": "m-cheap"}},
    "models": ["m-chosen"],
    "platforms": {"telegram": {"home_channel": "42"}, "discord": {}},
}


def message(number: int, chat: str = "7", text: str = SAID, **fields: Any) -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm", "user_id": "u", "user_name": f"{SAID}-name"}
    return {"message_id": str(number), "text": text, "source": source, **fields}


MESSAGES: list[tuple[str, Any]] = [
    ("telegram", message(1, chat="42")),
    ("telegram", message(2)),
    ("telegram", message(3, text=f"run the tests of {SAID}")),
    ("telegram", message(4, text=f"{SAID} and more than five words of it")),
    ("telegram", message(5, chat="banned")),
    ("telegram", message(6, hops=99)),
    ("telegram", message(6, metadata={"token": KEY})),
    ("telegram", message(2)),
    ("hub", {"type": "message", "data": {"messageId": "8", "from": "slate", "text": SAID}}),
    ("hub", message(9, override={"model": "m-chosen", "api_key": KEY})),
    *(("discord", message(number, chat=str(number))) for number in range(10, 18)),
    ("telegram", message(18, source={"platform": "discord"})),
    ("cron", message(19, text=f"see https://{SAID}.example", password=KEY)),
    ("telegram", b'{"text": '),
    ("telegram", b'{"token": "' + KEY.encode()),
    ("telegram", json.dumps(message(20, metadata={"tier": 7})).replace("7}", "1.10}").encode()),
]


async def publish_all(client: Client) -> None:
    """Publish them all, in order."""
    for platform, body in MESSAGES:
        await client.publish(platform, body)
