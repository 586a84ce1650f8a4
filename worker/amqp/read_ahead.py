"""What was read of the `dead` queue before anybody looked at it, which is never much."""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiormq.abc

from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.wire_properties import wire_properties

_ROOM = 200  # letters
_ROOM_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HeldLetter:
    """A message that the broker gives to nobody else meanwhile. `tag` acks it."""

    tag: int
    body: bytes = field(repr=False)
    wire: bytes = field(repr=False)
    """Its properties as the content header has them, from the flags on."""
    routing_key: str


class ReadAhead:
    """Takes deliveries from a channel, which reads no further while there is no room for more."""

    def __init__(self) -> None:
        self._letters: deque[HeldLetter] = deque()
        self._bytes = 0
        self._over = False
        self._came = asyncio.Event()
        self._left = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._letters)

    def pace(self, channel: Any) -> None:
        """Hold up this channel's reading. Nothing can be asked on it that waits for an answer
        while it is held up.
        """
        read = channel._on_deliver_frame  # noqa: SLF001 - it has no public way to be held up

        async def read_in_time(frame: object) -> None:
            while self._is_full() and not self._over:
                self._left.clear()
                await self._left.wait()
            await read(frame)

        channel._on_deliver_frame = read_in_time  # noqa: SLF001 - its reader calls what is there

    async def take(self, message: aiormq.abc.DeliveredMessage) -> None:
        """Keep a delivery, unless it is over."""
        if not self._over:
            deliver: Any = message.delivery
            key, wire = deliver.routing_key or "", wire_properties(message)
            self._letters.append(HeldLetter(deliver.delivery_tag, message.body, wire, key))
            self._bytes += len(message.body)
            self._came.set()

    async def next(self, timeout: float) -> HeldLetter | None:
        """Return the next one, None if there is none for so many seconds, or it is over."""
        if not self._letters and not self._over:
            self._came.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._came.wait(), timeout)
            raise_if_cancelled()
        if not self._letters:
            return None
        letter = self._letters.popleft()
        self._bytes -= len(letter.body)
        self._left.set()
        return letter

    def end(self) -> None:
        """Nobody looks at more of them: what still comes is read, and forgotten."""
        self._over = True
        self._letters.clear()
        self._came.set()
        self._left.set()

    def _is_full(self) -> bool:
        return len(self._letters) >= _ROOM or self._bytes >= _ROOM_BYTES
