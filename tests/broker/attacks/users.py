"""The broker users of those who attack: the table's, as planned, and some who may do more."""

from collections.abc import Mapping
from typing import Any

from tests.broker.users import grant, planned_users, url_of
from worker.broker_user import BrokerUser, Names, Role
from worker.demo.private_broker import PrivateBroker

_PLANNED = {
    "worker": "pointsman-worker",
    "telegram": "feeder-telegram",
    "slack": "hub-slack",  # the table lists it
    "discord": "feeder-discord",
    "webhook": "feeder-webhook",
    "api_server": "feeder-api_server",
    "hub": "feeder-hub",
    "runner": "runner-base-model",
}
_EVERYTHING = Names(beginnings=frozenset({""}))
_MINE = Names(beginnings=frozenset({"mine"}))
_MINE_AND_TELEGRAM = Names(frozenset({"in.telegram"}), frozenset({"mine"}))
_FURTHER = (
    BrokerUser("insider", Role.FEEDER, "anything", _EVERYTHING, _EVERYTHING, _EVERYTHING),
    BrokerUser("impersonator", Role.FEEDER, "in any name", _EVERYTHING, _EVERYTHING, _EVERYTHING),
    BrokerUser("squatter", Role.FEEDER, "names of its own", _MINE, _MINE_AND_TELEGRAM, _MINE),
)


def make_users(broker: PrivateBroker, vhost: str, table: Mapping[str, Any]) -> dict[str, str]:
    """Make the users exist, and return their URLs by role: a platform for its feeder."""
    planned = {user.name: user for user in planned_users(table)}
    users = {role: planned[name] for role, name in _PLANNED.items()}
    users |= {user.name: user for user in _FURTHER}
    grant(broker, vhost, users.values())
    broker.rabbitmqctl("set_user_tags", "impersonator", "impersonator")
    return {role: url_of(broker, vhost, user) for role, user in users.items()}
