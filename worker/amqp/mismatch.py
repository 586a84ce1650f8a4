"""What exists on the broker otherwise than we need it, in a line."""

import re

UNKNOWN_TYPE = "unknown exchange type"
"""How a missing plugin shows: RabbitMQ 3 ends the connection over it, RabbitMQ 4 the channel."""
_INEQUIVALENT = re.compile(
    r"inequivalent arg '(?P<property>[^']+)' for (?P<kind>\w+) '(?P<name>[^']+)' in vhost"
    r" '[^']*': received (?P<wanted>.+?) but current is (?P<found>.+)"
)


def mismatch_line(name: str, reply: str) -> str:
    """Return a line for what exists otherwise, from what the broker says of it."""
    if UNKNOWN_TYPE in reply:
        return no_such_type(name, reply)
    found = _INEQUIVALENT.search(reply)
    if found is None:
        return f"{name}: {reply[:300]}"
    return (
        f"{found['kind']} {found['name']}: {found['property']} is {found['found']} on the broker,"
        f" {found['wanted']} is needed"
    )


def no_such_type(name: str, reply: str) -> str:
    """Return a line for an exchange of a type that the broker does not know."""
    return (
        f"exchange {name}: {reply[:200]}; the broker needs the plugin"
        " rabbitmq_consistent_hash_exchange (rabbitmq-plugins enable"
        " rabbitmq_consistent_hash_exchange), or `partitions: 1`"
    )
