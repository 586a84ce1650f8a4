"""A normal feeder and a runner: so many messages a second, and when each became a job."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from statistics import quantiles

import aio_pika
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

from contracts import routing_key

_CONVERSATIONS = 20
_LATE = 60.0


@dataclass(frozen=True, slots=True)
class Phase:
    """What became of the messages of some time; milliseconds."""

    sent: int
    arrived: int
    reordered: int
    p50: float
    p99: float
    most: float

    @property
    def lost(self) -> int:
        """Confirmed, and no job."""
        return self.sent - self.arrived


class Steady:
    """Publishes at an even pace to one platform, and takes the jobs of one queue."""

    def __init__(self, exchange: AbstractExchange, rate: float) -> None:
        self._exchange = exchange
        self._rate = rate
        self._number = 0
        self._sent: dict[int, float] = {}
        self._arrived: dict[int, float] = {}
        self._latest: dict[int, int] = {}
        self._reordered: set[int] = set()
        self._came = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, exchange: str, queue: str, rate: float
    ) -> AsyncIterator["Steady"]:
        """Connect to a broker that has the topology."""
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            steady = cls(await channel.get_exchange(exchange, ensure=False), rate)
            runner = await connection.channel()
            jobs = await runner.get_queue(queue, ensure=False)
            await jobs.consume(steady._take, no_ack=True)
            yield steady

    async def talk(self, seconds: float) -> Phase:
        """Publish for so many seconds, wait until all has arrived or is given up, and sum up."""
        first = self._number
        began, publishing = time.monotonic(), set()
        for count in range(int(seconds * self._rate)):
            await asyncio.sleep(max(0.0, began + count / self._rate - time.monotonic()))
            publishing.add(asyncio.create_task(self._publish(self._number)))
            self._number += 1
        numbers = range(first, self._number)
        await asyncio.gather(*publishing)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LATE):
                await self._all_came(numbers)
        return self._sum_up(numbers)

    async def _all_came(self, numbers: range) -> None:
        for number in numbers:
            while number not in self._arrived:
                self._came.clear()
                await self._came.wait()

    async def _publish(self, number: int) -> None:
        chat = str(number % _CONVERSATIONS)
        message = {
            "message_id": str(number),
            "text": "Could you look at the build of last night, please?",
            "source": {"platform": "telegram", "chat_id": chat, "chat_type": "dm"},
        }
        self._sent[number] = time.monotonic()
        await self._exchange.publish(
            aio_pika.Message(
                json.dumps(message).encode(),
                content_type="application/json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            ),
            routing_key=routing_key(message),
        )

    async def _take(self, job: AbstractIncomingMessage) -> None:
        number = int(json.loads(job.body)["message"]["message_id"])
        if number in self._arrived:
            return
        self._arrived[number] = time.monotonic()
        chat = number % _CONVERSATIONS
        if number < self._latest.get(chat, -1):
            self._reordered.add(number)
        self._latest[chat] = max(number, self._latest.get(chat, -1))
        self._came.set()

    def _sum_up(self, numbers: range) -> Phase:
        arrived = [number for number in numbers if number in self._arrived]
        taken = sorted(1000 * (self._arrived[n] - self._sent[n]) for n in arrived)
        cuts = quantiles(taken, n=100) if len(taken) > 1 else [float("inf")] * 99
        return Phase(
            sent=len(numbers),
            arrived=len(arrived),
            reordered=len(self._reordered.intersection(numbers)),
            p50=cuts[49],
            p99=cuts[98],
            most=taken[-1] if taken else float("inf"),
        )
