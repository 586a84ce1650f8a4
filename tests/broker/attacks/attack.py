"""What an attacker does on the broker, and what must come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MARK = "@mark@"
"""Stands in a body that is given as bytes for what tells its attack from the others."""
HOME = "42"
"""The home channel of every platform in the table that has one."""

REDRIVE = {
    "x-redrive-platform": "cli",
    "x-redrive-source-kind": "owner",
    "x-redrive-attempt": 9,
    "x-redrive-fingerprint": "f",
    "x-redrive-unchanged": 0,
}
"""What operators may say of a dead letter, and nobody else."""


@dataclass(frozen=True)
class Signed:
    """How a publish is signed: with `x-signature`, and the AMQP `message_id` that it holds for."""

    key: str = "SIGNING_KEY"
    """The name of the key it is made with; see `table.py`."""
    kid: str = "k1"
    age: float = 0
    """Seconds since it was made."""
    over: bytes | None = None
    """What was signed, if not the body."""
    message_id: str | None = None
    """The one that was signed, if not the message's own."""


@dataclass(frozen=True)
class Publish:
    """A publish. A body that is a mapping becomes JSON, and `properties` are aio-pika's."""

    body: Mapping[str, Any] | bytes
    exchange: str | None = None
    """None for the exchange of the attacker's own platform."""
    routing_key: str = "rk"
    properties: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None
    """Who does it, if not the attacker himself."""
    signed: Signed | None = None
    without_id: bool = False
    """Without the AMQP `message_id` that aio-pika always makes up; and without properties."""


@dataclass(frozen=True)
class Consume:
    """Reading what is in a queue."""

    queue: str


@dataclass(frozen=True)
class Bind:
    """An exchange of the attacker's own, bound so that what is published there is taken in."""

    exchange: str
    to: str | None = "inbound"
    """None for bound to nothing."""
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """A queue of the attacker's own."""

    queue: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    """The exchange it is bound to, if any."""


Deed = Publish | Consume | Bind | Hold
Seen = Mapping[str, Any]
"""What came of a deed: `refused` (the broker's code, 0 if it did what was asked), or a message: the
`queue` it is in, its `headers`, and the `job` or dead body in it."""


@dataclass(frozen=True)
class Attack:
    """One row of the table in docs/security.md, and how to carry it out."""

    name: str
    does: str
    comes: str
    """What is said of `expect` in words."""
    stopped_by: str
    """The name of the defence without which it would succeed."""
    expect: tuple[Seen, ...]
    """For each that must be seen, no more and no fewer, what it must hold: dotted paths, values."""
    instead: tuple[Seen, ...]
    """Likewise what is seen without that defence."""
    deeds: tuple[Deed, ...]
    by: str = "telegram"
    """Whose broker user the attacker has."""


def agree(seen: Sequence[Seen], patterns: Sequence[Seen]) -> bool:
    """Tell whether each of what was seen fits one pattern, and each pattern one of them."""
    left = list(seen)
    for pattern in patterns:
        found = next((each for each in left if _fits(each, pattern)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def refused(code: int) -> Seen:
    """The broker itself does not take it."""
    return {"refused": code}


DONE: Seen = {"refused": 0}
"""The broker does what it is asked, and there is no message to show for it."""


def dead(reason: str, **more: Any) -> Seen:
    """A dead letter of the worker's."""
    return {"queue": "dead", "headers.x-dead-reason": reason, "headers.x-death": None, **more}


def turn(source_kind: str = "stranger", model: str = "base-model", **more: Any) -> Seen:
    """A job for a model, with the trust of this source kind and the base's key."""
    return {
        "queue": f"turns.{model}",
        "headers.x-source-kind": source_kind,
        "job.source.source_kind": source_kind,
        "job.allow_control": source_kind == "owner",
        "job.runtime.model": model,
        **{f"job.{path.replace('__', '.')}": value for path, value in more.items()},
    }


OWNERS = turn("owner", "owner-model")
PEERS = turn("hub_peer", "peer-model")


def message(text: str = "hello", source: Mapping[str, Any] | None = None, **fields: Any) -> Any:
    """A message of a stranger in a DM of his own, unless `source` says otherwise."""
    where = {"chat_id": "9", "chat_type": "dm", "user_id": "9", **(source or {})}
    return {
        "text": text,
        "source": {name: value for name, value in where.items() if value is not None},
        **fields,
    }


def home(**source: Any) -> Any:
    """A message that says it is from the chat whose id is the owner's home channel."""
    return message(source={"chat_id": HOME, **source})


def _fits(seen: Seen, pattern: Seen) -> bool:
    return all(_at(seen, path) == value for path, value in pattern.items())


def _at(seen: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(seen, Mapping):
            return None
        seen = seen.get(step)
    return seen
