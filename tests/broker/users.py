"""The broker's users, as `pointsman topology permissions` plans them, on a test's vhost."""

import json
from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any

from routing.load_table import load_table
from worker.broker_definitions import broker_definitions
from worker.broker_password import password_hash
from worker.broker_user import BrokerUser
from worker.broker_users import plan_users
from worker.demo.private_broker import PrivateBroker
from worker.settings import Settings
from worker.topology import plan_topology

PASSWORD = f"canary-{token_hex(8)}"
"""Everybody's."""


def planned_users(
    config: str | Mapping[str, Any],
    environ: Mapping[str, str] | None = None,
    **settings: str | int,
) -> tuple[BrokerUser, ...]:
    """Return the users for a whole `pointsman.yaml` and command-line flags, the worker's first."""
    text = config if isinstance(config, str) else json.dumps(config)
    loaded = load_table(text.encode(), environ or {})
    assert loaded.table is not None, loaded.problems
    flags = {name: str(value) for name, value in settings.items()}
    from_file = {name: setting.text for name, setting in loaded.settings.items()}
    chosen = Settings.load(flags, {}, from_file)
    return plan_users(loaded.table, plan_topology(loaded.table, chosen), chosen.prefix)


def grant(broker: PrivateBroker, vhost: str, users: Iterable[BrokerUser]) -> None:
    """Make the users exist, with `PASSWORD` and what they need in the virtual host."""
    users = tuple(users)
    hashes = {user.name: password_hash(PASSWORD) for user in users}
    broker.import_definitions(broker_definitions(vhost, users, hashes))


def url_of(broker: PrivateBroker, vhost: str, user: BrokerUser) -> str:
    """Return a user's URL of a virtual host."""
    return broker.url(vhost, user.name, PASSWORD)


USUAL_WORKER = planned_users("model: m")[0]
"""It may do what any worker has to without a prefix and without a queue that a rule names."""
