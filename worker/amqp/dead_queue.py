"""Looking at the `dead` queue: every letter once, in order, and all of them stay there.

Measured on RabbitMQ 3.10, 4.0 and 4.3, quorum and classic queues. What a channel holds comes back
in its order when that is closed, or dies. Returned by `basic.nack` it does not on 3.10, one by one
or at once; nor does what more than 32 consumers hold, and each `basic.get` is one. A quorum queue
gives 2,000 messages to a consumer that asks for any number, and 65,535 is the largest number there
is. So consumers of 65,535 letters each follow one another, each begun when the one before is ended;
what they hold comes back in the order of their names.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any, Self

import aiormq
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelLockedResource

from worker.amqp import wire_properties
from worker.amqp.any_host import connect_to_any
from worker.amqp.any_name import accept_any_name
from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, translated_errors
from worker.amqp.errors import BrokerUnavailable, InUse
from worker.amqp.letter_counts import count_letters
from worker.amqp.letter_publisher import LetterPublisher
from worker.amqp.read_ahead import HeldLetter, ReadAhead
from worker.amqp.underlay import underlay
from worker.settings import Settings

MOST = 31 * 65_535
"""How many letters are looked at, at most."""
HOLD_SECONDS = 20 * 60
"""How long letters may be held: a broker closes a channel that holds one for 30 minutes."""
_BLOCK = 65_535
_RETURN_SECONDS = 60
"""How long putting letters back may take: tens of thousands may be on their way meanwhile, and the
broker's answer comes behind them."""
_FRAMES = 16  # read ahead of that: each may be of 128 KiB
_QUIET = 1.0  # seconds
_QUIETS, _PATIENCE = 5, 60  # so often there was none, with other consumers and without
_LOOKS, _BETWEEN = 20, 0.1  # how often, and how many seconds apart, we see whether nobody consumes
_HEARTBEAT = 90
"""Seconds. A connection whose letters are looked at slowly is read slowly, and must live. Longer
than `_RETURN_SECONDS`: after it the library takes a channel for closed, though no broker said so.
"""
_LOCK_ARGUMENTS: dict[str, Any] = {"x-queue-type": "classic"}  # no other kind is exclusive


class DeadQueue:
    """The open queue. Whoever opens it is alone with it until it is closed.

    `waiting` is how many letters there were, and `others` how many consumers it had, which there
    ought not to be: what they take is not seen here.
    """

    def __init__(self, connection: AbstractConnection, settings: Settings) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._timeout = settings.publish_timeout
        self.prefix = settings.prefix
        self._queue = f"{self.prefix}dead"
        self._lock_queue = f"{self.prefix}dead.lock"
        self._channel: aiormq.Channel | None = None
        self._lost: str | None = None
        self._since: float | None = None
        self._begun, self._is_last, self._has_acked = 0, False, False
        self._owed: list[int] = []
        self._read = ReadAhead()
        self.waiting = self.others = 0
        self.broker_version = str(underlay(connection).server_properties.get("version", "unknown"))

    @classmethod
    async def open(cls, settings: Settings, purpose: str) -> Self:
        """Connect, and count the letters.

        Raises InUse, BrokerUnavailable, AccessRefused or TopologyMismatch; nothing is open then.
        """
        accept_any_name()
        wire_properties.install()
        beating = max(_HEARTBEAT, settings.heartbeat)
        connection = await connect_to_any(replace(settings, heartbeat=beating), purpose)
        queue = cls(connection, settings)
        connection.close_callbacks.add(queue._on_close)
        try:
            await queue._open()
        except BaseException:
            await queue.close()
            raise
        return queue

    async def _open(self) -> None:
        timeout = self._timeout
        with translated_errors("cannot open a channel"):
            lock = await underlay(self._connection).channel(timeout=timeout)
        with translated_errors(f"cannot declare {self._lock_queue}"):
            try:
                await lock.queue_declare(
                    self._lock_queue, exclusive=True, arguments=_LOCK_ARGUMENTS, timeout=timeout
                )
            except ChannelLockedResource:
                raise InUse(
                    f"somebody else looks at the letters in {self._queue} at this moment: wait"
                    " until that command has ended"
                ) from None
        await self._look()

    async def again(self) -> None:
        """Put the letters back into their places, and count them again. Raises BrokerUnavailable.

        A quorum queue may still have been at work on the latest acks, and forgets those then: a
        letter that was acked may be there again.
        """
        self._read.end()
        with translated_errors(f"cannot put letters back into {self._queue}"):
            channel, self._channel = self._usable(), None
            self._read = ReadAhead()  # so that nobody takes this for a loss
            await asyncio.wait_for(channel.close(), _RETURN_SECONDS)
        await self._look()

    async def _look(self) -> None:
        """Count the letters, and open the channel that holds them."""
        read, timeout = ReadAhead(), self._timeout
        # What a channel held is back in its place once its consumers are gone, a moment later.
        for _ in range(_LOOKS):
            self.waiting, self.others = await self._count()
            if not self.others:
                break
            await asyncio.sleep(_BETWEEN)
        with translated_errors("cannot open a channel"):
            channel = await underlay(self._connection).channel(
                publisher_confirms=False, frame_buffer_size=_FRAMES, timeout=timeout
            )
        read.pace(channel)
        channel.closing.add_done_callback(lambda _: self._lose("the channel was closed", read))
        channel.on_consumer_cancel_callbacks.add(lambda _: self._lose("it was deleted", read))
        self._channel, self._read = channel, read
        self._begun, self._is_last, self._has_acked = 0, False, False
        self._since, self._owed = None, []

    @property
    def held_seconds(self) -> float:
        """How long the first letter has been held, 0 if none is."""
        return 0.0 if self._since is None else self._loop.time() - self._since

    async def letters(self, most: int = MOST) -> AsyncIterator[HeldLetter]:
        """Yield the letters that were there when it was opened, oldest first, each one once.
        `most` is how many, at most.

        They stay held until they are acked or this is closed. Only a few are read ahead: whoever
        keeps none needs no room for them. Raises BrokerUnavailable when the connection is lost, or
        after `HOLD_SECONDS`; the letters are in their places then.
        """
        seen = end = quiet = 0
        wanted = min(self.waiting, most, MOST)
        while seen < wanted:
            if seen == end:
                end = min(end + _BLOCK, wanted)
                await self._start(end - seen, is_last=end == wanted)
            letter = await self._read.next(_QUIET)
            self._usable()
            if self.held_seconds > HOLD_SECONDS:
                raise BrokerUnavailable(f"letters were held for {HOLD_SECONDS // 60} minutes")
            if letter is not None:
                seen, quiet = seen + 1, 0
                yield letter
                continue
            quiet += 1
            if self.others and quiet > _QUIETS:
                # One of them is ours. Another who held letters may have gone since.
                self.others = max(0, (await self._count())[1] - 1)
                if self.others:
                    break  # those that are missing went elsewhere
            if quiet > _PATIENCE:
                raise BrokerUnavailable(f"only {seen} of {wanted} letters came")
        self._read.end()

    async def ack(self, tags: Iterable[int]) -> None:
        """Take these letters off the queue. Raises BrokerUnavailable.

        With more than 65,535 letters, those at the front are taken off a little later.
        """
        self._owed += tags
        if self._is_last:
            await self._pay()

    async def publisher(self) -> LetterPublisher:
        """Return what publishes letters to the queue's exchange. Raises BrokerUnavailable."""
        return await LetterPublisher.open(self._connection, self._queue, self._timeout)

    async def close(self) -> None:
        """Leave the letters in their places, and the queue to others. Never raises.

        Where anything was acked since the letters were last put back, a slow broker is waited for,
        for a minute: it has all acks when this returns, unless the connection was lost. The latest
        of them a quorum queue may forget, as by `again`.
        """
        self._lose("closed")
        self._connection.close_callbacks.discard(self._on_close)
        if self._channel is not None:
            patience = _RETURN_SECONDS if self._has_acked else CLOSE_TIMEOUT
            await closed_within(self._channel.close(), patience)
        await closed_within(self._connection.close(), CLOSE_TIMEOUT)

    async def _start(self, block: int, *, is_last: bool) -> None:
        """Consume so many letters, after the consumer before has as many as it may.

        That one is ended, or an ack would bring it letters from behind those of this one. It is
        full, for nothing was acked: what is on its way to a consumer that ends is put back
        at another place.
        """
        channel = self._usable()
        name = f"letters-{self._begun:02}"
        with translated_errors(f"cannot read {self._queue}"):
            if self._begun:
                before = f"letters-{self._begun - 1:02}"
                await channel.basic_cancel(before, timeout=self._timeout)
                await self._pay()
            await channel.basic_qos(prefetch_count=block, timeout=self._timeout)
            await channel.basic_consume(
                self._queue, self._read.take, consumer_tag=name, timeout=self._timeout
            )
        self._begun, self._is_last = self._begun + 1, is_last
        self._since = self._loop.time() if self._since is None else self._since

    async def _count(self) -> tuple[int, int]:
        return await count_letters(self._connection, self._queue, self._timeout)

    async def _pay(self) -> None:
        """Send the acks that are owed."""
        channel, owed = self._usable(), self._owed
        self._owed = []
        self._has_acked = self._has_acked or bool(owed)
        with translated_errors("cannot ack"):
            for tag in owed:
                await channel.basic_ack(tag, wait=False)

    def _usable(self) -> aiormq.Channel:
        if self._lost is not None or self._channel is None:
            raise BrokerUnavailable(self._lost or "not open")
        return self._channel

    def _lose(self, why: str, read: ReadAhead | None = None) -> None:
        if read is None or read is self._read:
            self._lost = self._lost or why
            self._read.end()

    def _on_close(self, _sender: object, error: BaseException | None = None) -> None:
        text = " ".join(str(part) for part in error.args) if error is not None else ""
        self._lose(f"the connection was lost{f': {text[:200]}' if text else ''}")
