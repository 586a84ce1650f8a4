"""Letters on their way to `in.redrive`: each leaves the queue once the broker has it there."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex

from worker.amqp.dead_queue import DeadQueue
from worker.amqp.errors import BrokerError
from worker.amqp.letter_publisher import LetterPublisher
from worker.dead.amqp_properties import WireProperties, write_properties
from worker.dead.letter import Letter
from worker.dead.read_letters import Place, read_letters
from worker.dead.redriving import Redriving
from worker.dead.removal import Removal

AT_ONCE = 100
"""How many letters are published before any of them leaves: a crash makes repeats of those."""
IN_A_PASS = 20_000
"""How many letters are held at a time, besides those that stay."""
PASS_SECONDS = 10 * 60
"""For how long; a broker lets nobody hold a letter for more than 30 minutes."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is redriven, and how fast."""

    choose: Callable[[Letter], Redriving | None]
    """Takes a letter; None if it is to stay. Asked once for each."""
    rate: float | None = None
    """Letters a second, None for as fast as it goes."""
    limit: int | None = None
    """How many letters, at most."""


@dataclass(slots=True)
class _Batch:
    """What is published, and is not known to have arrived."""

    places: list[Place] = field(default_factory=list)
    publishing: list[asyncio.Task[None]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.places)


class RedriveRun:
    """Redrives the letters that are there at its beginning, oldest first; none that come later."""

    def __init__(self, queue: DeadQueue, publisher: LetterPublisher, terms: Terms) -> None:
        self._queue = queue
        self._publisher = publisher
        self._terms = terms
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._process = token_hex(8)
        self._attempts = count(1)
        self._due = self._loop.time()
        self._batch = _Batch()
        self._there = queue.waiting
        """Letters that were there at the beginning, and are still."""
        self._stay = 0
        """Of those, the first so many, of which it is known that they stay."""
        self.looked = 0
        """Letters that were looked at."""
        self.redriven = 0
        """Letters that came to the workers."""

    def stop(self) -> None:
        """Take no further letter. Those that are on their way are seen to."""
        self._stopped.set()

    async def go(self) -> AsyncGenerator[None, None]:
        """Redrive, and yield now and then.

        Raises BrokerUnavailable or AccessRefused. What was published last may still be among the
        letters then: redriven once more it is a repeat, with the same turn id and attempt.
        """
        while self._stay < self._there and not self._is_over:
            end, removal = min(self._there, self._stay + IN_A_PASS), Removal(self._queue)
            try:
                async for _ in self._pass(end, removal):
                    yield
                await self._settle(removal)
            except BrokerError:
                with suppress(BrokerError):
                    await removal.finish(end)
                raise
            finally:
                for task in self._batch.publishing:
                    task.cancel()
            self._there -= removal.count
            await removal.finish(end)
            yield
            await self._queue.again()

    @property
    def _is_over(self) -> bool:
        limit = self._terms.limit
        return self._stopped.is_set() or (
            limit is not None and self.redriven + len(self._batch) >= limit
        )

    async def _pass(self, end: int, removal: Removal) -> AsyncGenerator[None, None]:
        """Look at the letters up to a place in the queue, and publish those that are chosen."""
        seen, known, until = 0, self._stay, self._loop.time() + PASS_SECONDS
        # To its end, whatever comes: what is acked is told the broker when all of it is in hand.
        async for found in read_letters(self._queue, end):
            seen += 1
            if seen <= known or self._is_over or self._loop.time() > until:
                continue
            chosen = self._terms.choose(found.letter)
            if chosen is not None and not await self._may_go(removal):
                continue
            self.looked += 1
            if chosen is None:
                self._stay += 1
                continue
            self._batch.places.append(found.place)
            self._batch.publishing.append(asyncio.create_task(self._publish(chosen)))
            if len(self._batch) >= AT_ONCE:
                await self._settle(removal)
                yield

    async def _may_go(self, removal: Removal) -> bool:
        """Wait for a letter's turn at the rate; tell whether it has come."""
        if self._terms.rate is None:
            return True
        wait = self._due - self._loop.time()
        self._due = max(self._due, self._loop.time()) + 1 / self._terms.rate
        if wait > 0:
            await self._settle(removal)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), wait)
        return not self._stopped.is_set()

    async def _publish(self, letter: Redriving) -> None:
        # Fresh for each: the broker's answers are told apart by it.
        message_id = f"{self._process}-{next(self._attempts)}"
        values = {**letter.properties.values, "message_id": message_id}
        wire = write_properties(WireProperties(values, letter.properties.headers))
        await self._publisher.publish(letter.routing_key, wire, message_id, letter.body)

    async def _settle(self, removal: Removal) -> None:
        """Take those off the queue that the broker has. Raises what went wrong with another."""
        batch, self._batch = self._batch, _Batch()
        outcomes = await asyncio.gather(*batch.publishing, return_exceptions=True)
        arrived = [p for p, o in zip(batch.places, outcomes, strict=True) if o is None]
        self.redriven += len(arrived)
        await removal.remove(arrived)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
