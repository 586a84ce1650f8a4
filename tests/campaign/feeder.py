"""The hub platforms: publishes conversations with confirms, and keeps a backlog all the time."""

import asyncio
import random
from collections.abc import Sequence

from aiormq import Channel
from aiormq.exceptions import DeliveryError, PublishError
from pamqp.commands import Basic

from tests.campaign.conversation import Conversation, Line
from tests.campaign.endpoint import Endpoint
from tests.campaign.ledger import KEY_HEADER, Ledger, key_text

_PERSISTENT = 2
_CONFIRM_TIMEOUT = 8.0
_TICK = 0.02
_RETRY = (0.02, 0.2)


class Feeder:
    """Publishes as docs/feeding.md asks: within a conversation one unconfirmed message at a time.

    So the order of entry is the order of the numbers. Many conversations are on their way at once.
    What stays unconfirmed is published again until it is confirmed.
    """

    def __init__(
        self,
        urls: Sequence[str],
        conversations: Sequence[Conversation],
        ledger: Ledger,
        backlog: int,
        rng: random.Random,
    ) -> None:
        self._endpoint = Endpoint(urls, self._serve)
        self._idle = list(conversations)
        self._ledger = ledger
        self._backlog = backlog
        self._rng = rng
        self._pending: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self.paused = False

    def start(self) -> None:
        """Begin to publish, in the background."""
        self._endpoint.start()
        self._loop = asyncio.ensure_future(self._feed())

    async def finish(self) -> None:
        """Say nothing new, and return once everything said is confirmed."""
        if self._loop is not None:
            self._loop.cancel()
        while self._pending:
            await asyncio.wait(self._pending)

    async def close(self) -> None:
        """Stop at once."""
        for task in [*self._pending, *([self._loop] if self._loop else [])]:
            task.cancel()
        await self._endpoint.close()

    async def _serve(self, _channel: Channel) -> None:
        return

    async def _feed(self) -> None:
        while True:
            missing = self._backlog - self._ledger.backlog - len(self._pending)
            for _ in range(0 if self.paused else min(missing, len(self._idle))):
                self._say_next()
            await asyncio.sleep(_TICK)

    def _say_next(self) -> None:
        # Squared: some conversations are much busier than others.
        index = int(self._rng.random() ** 2 * len(self._idle))
        conversation = self._idle.pop(index)
        task = asyncio.ensure_future(self._say(conversation))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _say(self, conversation: Conversation) -> None:
        line = conversation.next()
        while not await self._attempt(line):  # noqa: ASYNC110 - it is the attempt that counts
            await asyncio.sleep(self._rng.uniform(*_RETRY))
        self._ledger.confirm(line)
        # Back where busy conversations are taken from, or at the quiet end.
        self._idle.insert(self._rng.choice((0, len(self._idle))), conversation)

    async def _attempt(self, line: Line) -> bool:
        """Publish once; tell whether the broker has it for sure."""
        channel = self._endpoint.channel
        if channel is None:
            return False
        self._ledger.attempt(line)
        try:
            await channel.basic_publish(
                line.body,
                exchange=line.exchange,
                routing_key=line.routing_key,
                properties=Basic.Properties(
                    content_type="application/json",
                    delivery_mode=_PERSISTENT,
                    message_id=line.amqp_id,
                    headers={KEY_HEADER: key_text(line.key)},
                ),
                mandatory=True,
                timeout=_CONFIRM_TIMEOUT,
                wait=False,
            )
        except (PublishError, DeliveryError):
            return False
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            self._ledger.doubt()
            return False
        except Exception:  # noqa: BLE001 - a dying connection has many errors
            self._ledger.doubt()
            return False
        return True
