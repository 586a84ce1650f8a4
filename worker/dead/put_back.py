"""Letters of an export, on their way back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from worker.amqp.dead_queue import DeadQueue
from worker.amqp.letter_publisher import LetterPublisher
from worker.dead.letter_line import WrittenLetter
from worker.dead.publishable import publishable
from worker.dead.read_letter import read_letter
from worker.dead.read_letters import read_letters

_AT_ONCE = 50


async def ids_there(queue: DeadQueue) -> Counter[str]:
    """Return how many letters of each id there are, all in their places again."""
    there = Counter([found.letter.id async for found in read_letters(queue)])
    await queue.again()
    return there


async def put_back(
    queue: DeadQueue, written: Iterable[WrittenLetter], there: Counter[str] | None
) -> AsyncIterator[bool]:
    """Publish letters, in order; yield for each whether it was published and not there already.

    Where `there` is None, all are published.
    Each that is yielded is safe with the broker. Raises BrokerError.
    """
    publisher = await queue.publisher()
    publishing: list[asyncio.Task[None]] = []
    outcomes: list[bool] = []
    try:
        for letter in written:
            new = there is None or _is_new(letter, there, queue.prefix)
            outcomes.append(new)
            if new:
                publishing.append(asyncio.create_task(_publish(publisher, letter)))
            if len(outcomes) >= _AT_ONCE:
                await asyncio.gather(*publishing)
                for outcome in outcomes:
                    yield outcome
                publishing, outcomes = [], []
        await asyncio.gather(*publishing)
        for outcome in outcomes:
            yield outcome
    finally:
        for task in publishing:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*publishing, return_exceptions=True)


def _is_new(letter: WrittenLetter, there: Counter[str], prefix: str) -> bool:
    """Note a letter. The second of two that are the same is new where only one is there."""
    id_ = read_letter(letter.body, letter.wire, letter.routing_key, prefix).id
    if letter.copy <= there[id_]:
        return False
    there[id_] += 1
    return True


async def _publish(publisher: LetterPublisher, letter: WrittenLetter) -> None:
    wire, message_id = publishable(letter.wire)
    await publisher.publish(letter.routing_key, wire, message_id, letter.body)
