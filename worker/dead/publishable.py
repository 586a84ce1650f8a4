"""A letter's properties, so that a broker takes them."""

from typing import Any

from worker.dead.amqp_properties import WireProperties, read_properties, write_properties
from worker.dead.amqp_table import Entry, Value

_PERSISTENT = 2
# A broker refuses a user's name that is not the publisher's, and a letter is not to expire.
_MOVED = {"user_id": "x-dead-user-id", "expiration": "x-dead-expiration"}


def publishable(wire: bytes) -> tuple[bytes, str | None]:
    """Return the properties to publish a letter with, and its message id.

    They are what they were; but the letter is persistent, and `user_id` and `expiration` become
    the headers that a worker would have made of them.
    """
    given = read_properties(wire)
    values: dict[str, Any] = {**given.values, "delivery_mode": _PERSISTENT}
    headers = given.headers or ()
    names = {entry.name for entry in headers}
    for name, header in _MOVED.items():
        value = values.pop(name, None)
        if value is not None and header not in names:
            headers = (*headers, Entry(header, Value("S", _text(value))))
    kept = headers if headers or given.headers is not None else None
    return write_properties(WireProperties(values, kept)), values.get("message_id")


def _text(value: str) -> str | bytes:
    data = value.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
