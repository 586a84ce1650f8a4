"""Taking letters off the queue, so that they stay off."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from worker.amqp.dead_queue import MOST, DeadQueue
from worker.amqp.errors import BrokerUnavailable
from worker.dead.read_letters import Place, read_letters

_ROUNDS = 20
_PATIENCE = 0.2  # seconds that the broker has for the acks of a round, more in each


class Removal:
    """Letters that are to go from an open queue.

    A quorum queue takes a few acks at a time from a channel, and forgets the others if that is
    closed (measured: all but 33 of 667 on RabbitMQ 4.0). Nothing in AMQP tells when it has them
    all, so `finish` looks at the letters again until none of these is among them.
    """

    def __init__(self, queue: DeadQueue) -> None:
        self._queue = queue
        self._gone: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many letters were removed."""
        return self._gone.total()

    async def remove(self, places: Sequence[Place]) -> None:
        """Ack letters that the queue holds. Raises BrokerUnavailable."""
        await self._queue.ack([place.tag for place in places])
        self._gone.update(place.id for place in places)

    async def finish(self, most: int = MOST) -> None:
        """Put all others back, and return once those that were removed are gone.

        They were among the first `most`. Raises BrokerUnavailable; some of them may be there again
        then.
        """
        for number in range(1, _ROUNDS + 1):
            if not self._gone:
                return
            await asyncio.sleep(_PATIENCE * number)
            await self._queue.again()
            if not await self._came_back(most):
                return
        raise BrokerUnavailable("the broker does not take letters off the queue")

    async def _came_back(self, most: int) -> bool:
        left = self._gone.copy()
        back: list[int] = []
        async for found in read_letters(self._queue, most):
            if left[found.letter.id] > 0:
                left[found.letter.id] -= 1
                back.append(found.place.tag)
        await self._queue.ack(back)
        return bool(back)
