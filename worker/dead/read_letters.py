"""The letters of an open queue, read."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NamedTuple

from worker.amqp.dead_queue import MOST, DeadQueue
from worker.dead.letter import Letter
from worker.dead.read_letter import read_letter


class Place(NamedTuple):
    """Where a letter is while the queue is open; `tag` acks it."""

    tag: int
    id: str


@dataclass(frozen=True, slots=True)
class Found:
    """A letter in its place."""

    place: Place
    letter: Letter


async def read_letters(queue: DeadQueue, most: int = MOST) -> AsyncIterator[Found]:
    """Yield what `queue.letters()` does, read. Raises as that does."""
    async for held in queue.letters(most):
        letter = read_letter(held.body, held.wire, held.routing_key, queue.prefix)
        yield Found(Place(held.tag, letter.id), letter)
