"""The broker users of those who attack, and of those who are attacked."""

import base64
import json
import os
from hashlib import sha256
from typing import Any

from worker.demo.private_broker import PrivateBroker

_ALL = {"configure": ".*", "write": ".*", "read": ".*"}
_FEEDERS = ("telegram", "slack", "discord", "webhook", "api_server", "hub")
_PASSWORD = "attack"


def _hash(password: str) -> str:
    salt = os.urandom(4)
    return base64.b64encode(salt + sha256(salt + password.encode()).digest()).decode()


def make_users(broker: PrivateBroker, vhost: str) -> dict[str, str]:
    may: dict[str, Any] = {
        f"hub-{name}": {"configure": "", "write": rf"^in\.{name}\z", "read": ""}
        for name in _FEEDERS
    }
    may["runner-base"] = {"configure": "", "write": "", "read": r"^turns\.base-model\z"}
    may["squatter"] = {"configure": "^mine", "write": r"^(mine|in\.telegram\z)", "read": "^mine"}
    may["insider"] = may["impersonator"] = _ALL
    definitions = {
        "users": [
            {
                "name": name,
                "password_hash": _hash(_PASSWORD),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["impersonator"] if name == "impersonator" else [],
            }
            for name in may
        ],
        "permissions": [{"user": name, "vhost": vhost, **given} for name, given in may.items()],
    }
    with broker.directory.input_file(json.dumps(definitions)) as file:
        broker.rabbitmqctl("import_definitions", file)
    urls = {name: broker.url(vhost, name, _PASSWORD) for name in may}
    return {
        **{name: urls[f"hub-{name}"] for name in _FEEDERS},
        "runner": urls["runner-base"],
        **{name: urls[name] for name in ("squatter", "insider", "impersonator")},
    }
