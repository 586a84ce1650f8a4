"""The broker's users as RabbitMQ's definitions: `load_definitions`, `import_definitions`."""

from collections.abc import Iterable, Mapping
from typing import Any

from worker.broker_password import HASHING
from worker.broker_user import BrokerUser


def broker_definitions(
    vhost: str, users: Iterable[BrokerUser], hashes: Mapping[str, str]
) -> dict[str, Any]:
    """Return the definitions of the users and their virtual host; `hashes` is by user name."""
    users = tuple(users)
    return {
        "vhosts": [{"name": vhost}],
        "users": [
            {
                "name": user.name,
                "password_hash": hashes[user.name],
                "hashing_algorithm": HASHING,
                "tags": [],
                "limits": dict(user.limits),
            }
            for user in users
        ],
        "permissions": [
            {
                "user": user.name,
                "vhost": vhost,
                "configure": user.configure.pattern,
                "write": user.write.pattern,
                "read": user.read.pattern,
            }
            for user in users
        ],
    }
