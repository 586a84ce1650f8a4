"""What AMQP handed us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.partitions import Partition


@dataclass(frozen=True, slots=True)
class Properties:
    """The AMQP 0-9-1 basic properties of a message, as plain values; None where unset."""

    content_type: str | None = None
    content_encoding: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    priority: int | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    expiration: str | None = None
    message_id: str | None = None
    timestamp: int | None = None
    """Seconds since 1970, as AMQP has it."""
    type: str | None = None
    user_id: str | None = None
    app_id: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message from a partition. `tag` settles it, on the channel that delivered it."""

    tag: int
    body: bytes = field(repr=False)
    """Not shown, nor are headers: they hold what people say, and keys that they wrote there."""
    exchange: str
    routing_key: str
    properties: Properties = field(default_factory=Properties)
    redelivered: bool = False
    partition: Partition | None = None
