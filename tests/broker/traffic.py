"""Conversations on their way through a worker, and the books of what became of them.

Feeder and runners go on through any number of lost connections, as theirs would.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import aiormq
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from contracts import routing_key, turn_id
from tests.broker.service import PATIENCE, eventually

TABLE: dict[str, Any] = {
    "model": {
        "default": "m-default",
        "routes": [
            {"match": {"platform": "telegram"}, "model": "m-telegram"},
            {"match": {"platform": "hub"}, "model": "m-hub"},
        ],
    },
    "models": ["m-chosen"],
    "limits": "off",
}
QUEUES = ("turns.m-telegram", "turns.m-hub", "turns.m-chosen")
_PERSISTENT = 2
_RETRY = 0.25


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation; `number` counts from 1."""

    platform: str
    chat: str
    number: int
    model: str

    @property
    def body(self) -> dict[str, Any]:
        source = {"platform": self.platform, "chat_id": self.chat, "chat_type": "dm"}
        chosen = {"override": {"model": self.model}} if self.model == "m-chosen" else {}
        return {"message_id": str(self.number), "text": "hello", "source": source, **chosen}


def rounds(conversations: int, count: int) -> Iterator[list[Line]]:
    """Return `count` lists of the next line of each conversation; every fourth picks a model."""
    for number in range(1, count + 1):
        yield [
            Line(
                platform, f"{platform}-{index}", number, f"m-{platform if number % 4 else 'chosen'}"
            )
            for index in range(conversations)
            for platform in ("telegram" if index % 3 else "hub",)
        ]


class Ledger:
    """What was confirmed to the feeder and what runners saw."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, str], Line] = {}
        self.confirmed: set[tuple[str, str]] = set()
        self.seen: dict[tuple[str, str], str] = {}
        """Each message's first turn id."""
        self.dead: Counter[str] = Counter()
        self.deliveries = 0
        self.wrong: list[str] = []
        self._publications: set[str] = set()
        self._latest: dict[tuple[str, str], int] = {}

    def note_job(self, queue: str, publication: str, body: bytes) -> None:
        """Note a job; `publication` is its AMQP message id, the same if it is delivered again."""
        self.deliveries += 1
        if publication in self._publications:
            return
        self._publications.add(publication)
        job = json.loads(body)
        key = (job["source"]["chat_id"], job["message"]["message_id"])
        line = self.said.get(key)
        if line is None or queue != f"turns.{line.model}":
            self.wrong.append(f"{key} was never meant for {queue}")
            return
        right = str(turn_id(line.platform, None, job["conversation_id"], key[1]))
        if key in self.seen:
            if job["turn_id"] != self.seen[key]:
                self.wrong.append(f"{key} came again under another turn id")
            return
        if job["turn_id"] != right:
            self.wrong.append(f"{key} has turn id {job['turn_id']}, {right} is right")
        self.seen[key] = job["turn_id"]
        before = self._latest.get((line.chat, queue), 0)
        if line.number < before:
            self.wrong.append(f"{queue}: {key} first came after number {before}")
        self._latest[line.chat, queue] = line.number

    @property
    def jobs(self) -> int:
        """Distinct messages that became a job."""
        return len(self.seen)

    @property
    def repeats(self) -> int:
        """Publications beyond the first of each message."""
        return len(self._publications) - len(self.seen)

    @property
    def lost(self) -> set[tuple[str, str]]:
        """What the broker took from the feeder and no runner has seen."""
        return self.confirmed - self.seen.keys()


class Feeder:
    """Publishes rounds of lines; within a conversation one is unconfirmed at a time."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._url = url
        self._ledger = ledger

    async def feed(self, lines: Iterable[Sequence[Line]]) -> None:
        """Publish round after round, each line until it is confirmed."""
        channel = await _channel(self._url)
        try:
            for line_by_line in lines:
                rest = list(line_by_line)
                self._ledger.said |= {(line.chat, str(line.number)): line for line in rest}
                while rest := await self._publish(channel, rest):
                    await channel.connection.close()
                    channel = await _channel(self._url)
        finally:
            await channel.connection.close()

    async def _publish(self, channel: aiormq.Channel, lines: Sequence[Line]) -> list[Line]:
        """Publish all at once; return those not confirmed."""
        answers = await asyncio.gather(
            *(self._publish_one(channel, line) for line in lines), return_exceptions=True
        )
        rest = []
        for line, answer in zip(lines, answers, strict=True):
            if isinstance(answer, Basic.Ack):
                self._ledger.confirmed.add((line.chat, str(line.number)))
            else:
                rest.append(line)
        return rest

    async def _publish_one(self, channel: aiormq.Channel, line: Line) -> object:
        return await channel.basic_publish(
            json.dumps(line.body).encode(),
            exchange=f"in.{line.platform}",
            routing_key=routing_key(line.body),
            properties=Basic.Properties(delivery_mode=_PERSISTENT),
            mandatory=True,
            timeout=PATIENCE,
            wait=False,
        )


@asynccontextmanager
async def runners(url: str, ledger: Ledger, queues: Sequence[str] = QUEUES):
    """Take every job out of the queues and note it, inside the block."""

    async def take_all() -> None:
        while True:
            channel = await _channel(url)
            with suppress(Exception, asyncio.CancelledError):
                await channel.basic_qos(prefetch_count=500)
                for queue in queues:
                    await channel.basic_consume(queue, _note(queue, channel))
            with suppress(Exception):
                await channel.connection.closing

    def _note(queue: str, channel: aiormq.Channel) -> Any:
        async def note(message: DeliveredMessage) -> None:
            properties: Any = message.header.properties
            ledger.note_job(queue, properties.message_id, message.body)
            with suppress(Exception):
                await channel.basic_ack(message.delivery_tag or 0, wait=False)

        return note

    task = asyncio.create_task(take_all())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _channel(url: str) -> aiormq.Channel:
    """Return a channel on a connection of its own, however long it takes."""
    while True:
        with suppress(Exception):
            connection = await asyncio.wait_for(aiormq.connect(url), PATIENCE)
            return cast(aiormq.Channel, await connection.channel())
        await asyncio.sleep(_RETRY)


async def all_arrived(ledger: Ledger, timeout: float = PATIENCE) -> None:
    """Wait until every confirmed message has become a job."""
    await eventually(lambda: not ledger.lost, f"{len(ledger.lost)} jobs arrived", timeout)
