"""The queue that says that the number of partitions is being changed, and to what."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Self

import aiormq.abc
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity
from pamqp.commands import Basic

from worker.amqp.connect import open_channel, translated_errors
from worker.topology import DEAD_DELIVERY_LIMIT

_PERSISTENT = 2
# Reading gives the message back, which counts as a delivery.
_ARGUMENTS: dict[str, Any] = {"x-queue-type": "quorum", "x-delivery-limit": DEAD_DELIVERY_LIMIT}
_ATTEMPTS = 20
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Mark:
    """A change under way. Both are None if it was cut off before it changed anything."""

    before: int | None
    after: int | None

    @property
    def line(self) -> str:
        """What is told to whoever must wait for it."""
        if self.after is None:
            return (
                "a repartition has been begun: finish it with"
                " `pointsman topology repartition N --apply`"
            )
        return (
            f"a repartition from {self.before} to {self.after} partitions is under way: finish it"
            f" with `pointsman topology repartition {self.after} --apply`"
        )

    @classmethod
    def read_from(cls, body: bytes) -> Self:
        """Return the mark in a message; one that is not ours says nothing."""
        try:
            found = json.loads(body)
            return cls(int(found["from"]), int(found["to"]))
        except (ValueError, TypeError, KeyError):
            return cls(None, None)


async def find_mark(connection: AbstractConnection, queue: str, timeout: float) -> Mark | None:
    """Return what is under way, or None."""
    for attempt in range(_ATTEMPTS):
        # Whoever else reads it at this moment has it in hand, and then the queue looks empty.
        if attempt:
            await asyncio.sleep(_PAUSE)
        with translated_errors(f"cannot look at queue {queue}"):
            async with open_channel(connection, timeout) as channel:
                try:
                    got = await channel.basic_get(queue, timeout=timeout)
                except ChannelNotFoundEntity:
                    return None
                # Not acked: closing the channel gives it back.
                if not isinstance(got.delivery, Basic.GetEmpty):
                    return Mark.read_from(got.body)
    return Mark(None, None)


async def set_mark(
    channel: aiormq.abc.AbstractChannel, queue: str, before: int, after: int, timeout: float
) -> None:
    """Declare the queue, and return once the broker has the message that goes into it."""
    await channel.queue_declare(queue, durable=True, arguments=_ARGUMENTS, timeout=timeout)
    await channel.basic_publish(
        json.dumps({"from": before, "to": after}).encode(),
        routing_key=queue,
        properties=Basic.Properties(delivery_mode=_PERSISTENT, content_type="application/json"),
        mandatory=True,
        timeout=timeout,
    )
