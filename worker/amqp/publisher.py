"""Publishing with confirms, many at a time."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from secrets import token_hex

import aiormq
from aiormq.exceptions import AMQPError, DeliveryError, PublishError
from pamqp.commands import Basic

from worker.batch import Refusal
from worker.pipeline.delivery import Properties
from worker.pipeline.publication import Publication

PERSISTENT = 2
_STUBBORN = 5.0  # seconds of refusals after which another channel is worth a try

# A message id is fresh for each attempt: two in flight under one get each other's confirms.
_PROCESS = token_hex(8)
_ATTEMPTS = count(1)


class Publisher:
    """Publishes on one channel; each publication ends as confirmed, refused or in doubt.

    `confirmed(token)` and `refused(refusal)` are called from the event loop.
    """

    def __init__(
        self,
        channel: aiormq.Channel,
        timeout: float,
        confirmed: Callable[[int], None],
        refused: Callable[[Refusal], None],
    ) -> None:
        self._channel = channel
        self._timeout = timeout
        self._confirmed = confirmed
        self._refused = refused
        self._loop = asyncio.get_running_loop()
        self._pending: dict[asyncio.Task[None], float] = {}
        self._closed = False
        self._refused_since: dict[str, float] = {}
        """Per queue that has refused and not taken one since: when it did first."""
        self.goes_on_being_refused = False
        """Whether a queue has refused for some seconds and taken nothing meanwhile."""

    @property
    def pending(self) -> int:
        """How many publishes are unconfirmed."""
        return len(self._pending)

    def publish(self, numbered: Sequence[tuple[int, Publication]]) -> None:
        """Publish each publication; its token comes back with what became of it."""
        now = self._loop.time()
        for token, publication in numbered:
            task = self._loop.create_task(self._publish(token, publication))
            self._pending[task] = now
            task.add_done_callback(partial(self._on_end, token, publication))

    def expire(self, *, blocked: bool) -> None:
        """Give up on confirms that take too long.

        Not while the broker blocks the connection: then nothing is late, and a second attempt
        would only queue up behind the first.
        """
        now = self._loop.time()
        for task, since in list(self._pending.items()):
            if blocked:
                self._pending[task] = now
            elif now - since > self._timeout:
                task.cancel()

    async def close(self) -> None:
        """Forget what is unconfirmed: nothing more is reported."""
        self._closed = True
        pending = list(self._pending)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _publish(self, token: int, publication: Publication) -> None:
        queue = _queue(publication)
        try:
            await self._channel.basic_publish(
                publication.body,
                exchange=publication.exchange,
                routing_key=publication.routing_key,
                properties=_amqp_properties(publication.properties),
                mandatory=True,
                wait=False,
            )
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - all end as refusals
            # What it was raised through holds the body and, by way of a future, the error: a circle
            # that is not freed for long, and as large as the body for each attempt.
            error.__traceback__ = None
            self._report(self._refusal(token, queue, error))
        else:
            self._refused_since.pop(queue, None)
            if not self._closed:
                self._confirmed(token)

    def _refusal(self, token: int, queue: str, error: BaseException) -> Refusal:
        name = type(error).__name__
        match error:
            case PublishError():
                why = f"returned by the broker ({error.args[0]})"
                return Refusal(token, queue, why, unroutable=True)
            case DeliveryError():
                self._note_refusal(queue)
                return Refusal(token, queue, "refused by the queue, which may be full")
            case asyncio.CancelledError():
                # Ours, after a timeout, or aiormq's, when the connection died: nobody knows.
                return Refusal(token, queue, "no confirm in time", in_doubt=True)
            case AMQPError() | RuntimeError() | OSError():  # a dying connection has many
                return Refusal(token, queue, f"{name} while publishing", in_doubt=True)
        # No frame can be made of it.
        return Refusal(token, queue, f"cannot be written: {name}")

    def _on_end(self, token: int, publication: Publication, task: asyncio.Task[None]) -> None:
        del self._pending[task]
        if task.cancelled():  # before its first step, so it could not report that itself
            why = "not sent in time"
            self._report(Refusal(token, _queue(publication), why, in_doubt=True))

    def _note_refusal(self, queue: str) -> None:
        now = self._loop.time()
        if now - self._refused_since.setdefault(queue, now) >= _STUBBORN:
            self.goes_on_being_refused = True

    def _report(self, refusal: Refusal) -> None:
        if not self._closed:
            self._refused(refusal)


def _queue(publication: Publication) -> str:
    # The dead-letter exchange is a fanout to the one queue of its name.
    return publication.routing_key or publication.exchange


def _amqp_properties(properties: Properties) -> Basic.Properties:
    return Basic.Properties(
        content_type=properties.content_type,
        content_encoding=properties.content_encoding,
        headers=dict(properties.headers),
        delivery_mode=PERSISTENT,
        priority=properties.priority,
        correlation_id=properties.correlation_id,
        reply_to=properties.reply_to,
        expiration=properties.expiration,
        message_id=f"{_PROCESS}-{next(_ATTEMPTS)}",
        timestamp=_datetime(properties.timestamp),
        message_type=properties.type,
        app_id=properties.app_id,
    )


def _datetime(timestamp: int | None) -> datetime | None:
    if timestamp is None:
        return None
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None
