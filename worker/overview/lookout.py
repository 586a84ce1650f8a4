"""Hears the deployment while anybody looks."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count, cycle
from secrets import token_hex

from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.errors import BrokerError, BrokerUnavailable
from worker.amqp.tap import Tap
from worker.backoff import Backoff
from worker.overview.deployment import Deployment
from worker.overview.overview import Overview
from worker.overview.report import LARGEST, Report
from worker.settings import Settings
from worker.topology import FIGURES_KIND, figures_exchange

INTERVAL = 1.0
_LATEST = 3  # seconds of reports that a listener who hangs finds when it goes on
_ROOM = 500 * _LATEST
_ARGUMENTS = {
    "x-queue-type": "classic",  # whatever the virtual host's default is: no other is exclusive
    "x-max-length": _ROOM,
    "x-max-length-bytes": _ROOM * LARGEST // 2,
    "x-message-ttl": _LATEST * 1000,
    "x-overflow": "drop-head",
}


class Lookout:
    """Gives an overview a second to everybody who looks; listens only as long as somebody does.

    Whoever looks says `async for overview in lookout.overviews()`. The first binds a queue to the
    exchange of figures, which is gone `linger` seconds after the last one has stopped; what was
    heard until then, the history with it, is forgotten. While the broker cannot be reached,
    overviews say so (`deaf`), and go on.
    """

    def __init__(
        self,
        settings: Settings,
        own: Callable[[], Report] | None = None,
        linger: float = 0.0,
    ) -> None:
        """`own` makes a report of this process, which is shown even without a broker."""
        self._settings = settings
        self._own = own
        self._linger = linger
        self._lookers = 0
        self._work: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._latest: Overview | None = None
        self._news = asyncio.Event()
        """Set, and another put in its place, with every overview and at the end."""
        self._closed = False
        self.has_listened = False
        """Whether the exchange was ever heard."""
        self.failure: BrokerError | None = None
        """Why nobody else can be heard at the moment."""

    async def overviews(self) -> AsyncGenerator[Overview, None]:
        """Yield an overview about once a second, until `close`."""
        self._begin()
        try:
            while True:
                await self._news.wait()
                if self._closed or self._latest is None:
                    return
                yield self._latest
        finally:
            self._lookers -= 1
            if self._lookers == 0:
                loop = asyncio.get_running_loop()
                self._ending = loop.call_later(self._linger, self._end)

    async def close(self) -> None:
        """Stop listening; who looks sees no more."""
        self._closed, work = True, self._work
        self._end()
        self._news.set()
        if work is not None:
            with suppress(asyncio.CancelledError):
                await work

    def _begin(self) -> None:
        self._lookers += 1
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._work is None and not self._closed:
            self._news = asyncio.Event()
            self._work = asyncio.create_task(self._look())

    def _end(self) -> None:
        self._ending = None
        if self._work is not None:
            self._work.cancel()
            self._work = self._latest = self.failure = None

    async def _look(self) -> None:
        deployment = Deployment(time.monotonic())
        hearing = asyncio.create_task(self._hear(deployment))
        try:
            while True:
                await asyncio.sleep(INTERVAL)
                now = time.monotonic()
                if self._own is not None:
                    deployment.add(self._own(), now)
                deaf = None if self.failure is None else str(self.failure)
                self._tell(deployment.overview(now, datetime.now(UTC), deaf))
        finally:
            if self._work is asyncio.current_task():  # a fault: nobody is to wait for ever
                self._work = self._latest = None
                self._news.set()
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing

    def _tell(self, overview: Overview) -> None:
        self._latest, news, self._news = overview, self._news, asyncio.Event()
        news.set()

    async def _hear(self, deployment: Deployment) -> None:
        """Listen for ever, through any number of connections."""
        settings, hosts = self._settings, cycle(self._settings.amqp_url)
        backoff = Backoff(settings.reconnect_backoff_min, settings.reconnect_backoff_max)
        for failures in count(1):
            try:
                await self._hear_through(next(hosts), deployment)
            except BrokerError as error:
                self.failure = error
            except Exception as error:  # noqa: BLE001 - it is told, and the next try may go well
                self.failure = BrokerUnavailable(f"{type(error).__name__} while listening")
            raise_if_cancelled()
            await asyncio.sleep(backoff.delay(failures))

    async def _hear_through(self, url: str, deployment: Deployment) -> None:
        """Listen until the connection is lost. Raises BrokerError."""
        exchange = figures_exchange(self._settings.prefix)
        queue = f"{exchange}.{token_hex(8)}"
        # What is not there no worker publishes to, and who only looks leaves nothing behind.
        tap = await Tap.open(
            url,
            self._settings,
            [exchange],
            queue,
            "looks",
            FIGURES_KIND,
            _ARGUMENTS,
            declares=False,
        )
        try:
            self.failure, self.has_listened = None, True
            while True:
                raise_if_cancelled()
                deliveries = await tap.receive(INTERVAL)
                for delivery in deliveries:
                    deployment.take(delivery.body, time.monotonic())
                if deliveries:
                    await tap.settle()
        finally:
            await tap.close()
