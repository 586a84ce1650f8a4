"""The life of a process that looks on: connect, look, connect again, and say what was missed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from secrets import token_hex

from contracts import short
from worker.amqp.broker_url import shown
from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.errors import AccessRefused, BrokerError, TopologyMismatch
from worker.amqp.tap import MAX_LENGTH, Tap
from worker.backoff import Backoff
from worker.log import Log
from worker.pipeline.delivery import Delivery
from worker.service.readiness import Readiness
from worker.settings import Settings
from worker.topology import Topology

_MANY = MAX_LENGTH // 10


class Onlooker:
    """Shows `take` everything that comes to the `in.*` exchanges, until `stop` is set.

    `purpose` begins the name of its queue and names its connection.
    """

    def __init__(
        self,
        settings: Settings,
        topology: Topology,
        purpose: str,
        take: Callable[[Sequence[Delivery]], None],
        readiness: Readiness,
        log: Log,
        stop: asyncio.Event,
    ) -> None:
        self._settings = settings
        self._exchanges = [binding.source for binding in topology.entries]
        self._purpose = purpose
        self._take = take
        self._readiness = readiness
        self._log = log
        self._hosts = cycle(settings.amqp_url)
        self._backoff = Backoff(settings.reconnect_backoff_min, settings.reconnect_backoff_max)
        self._stop = stop
        self._heard: float | None = None
        """When the broker was last heard of while looking on; monotonic, seconds."""
        self._looking = False
        self._missed = 0.0
        self.gaps = 0
        """How often the connection was lost."""

    @property
    def missed(self) -> float:
        """For how many seconds at most nothing was seen, after the first time."""
        if self._heard is None or self._looking:
            return self._missed
        return self._missed + time.monotonic() - self._heard

    async def run(self) -> None:
        """Look on until `stop`, through any number of connections.

        Raises AccessRefused after `auth_timeout`, TopologyMismatch if it was so from the start, and
        whatever `take` raises.
        """
        work = asyncio.ensure_future(self._work())
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        self._log.info("stopped")

    async def _work(self) -> None:
        failures = 0
        while not self._stop.is_set():
            tap = await self._connect()
            if tap is None:
                return
            try:
                failures = 0 if await self._look_on(tap) else failures + 1
            finally:
                self._readiness.link = None
                await tap.close()
            await asyncio.sleep(self._backoff.delay(failures + 1))

    async def _connect(self) -> Tap | None:
        """Return an open tap, however long it takes; None if told to stop meanwhile."""
        refused_since: dict[str, float] = {}
        attempt = 0
        # A library may swallow the cancellation by which `run` ends this.
        while not self._stop.is_set():
            url, attempt = next(self._hosts), attempt + 1
            try:
                return await self._open(url)
            except BrokerError as error:
                self._readiness.problem = str(error)
                self._log.warning("not connected", url=shown(url), why=str(error))
                if isinstance(error, TopologyMismatch) and self._heard is None:
                    raise
                if not isinstance(error, AccessRefused):
                    refused_since.pop(url, None)
                elif self._is_too_long(refused_since.setdefault(url, time.monotonic())):
                    raise
            await asyncio.sleep(self._backoff.delay(attempt))
        return None

    async def _open(self, url: str) -> Tap:
        # Of each connection another name: the broker may not know yet that the last one is gone.
        settings, purpose = self._settings, self._purpose
        queue = short(f"{settings.prefix}{purpose}.{settings.worker_id}.{token_hex(4)}")
        return await Tap.open(url, settings, self._exchanges, queue, purpose)

    def _is_too_long(self, since: float) -> bool:
        return time.monotonic() - since >= self._settings.auth_timeout

    async def _look_on(self, tap: Tap) -> bool:
        """Show what comes until the tap is lost; tell whether anything was heard of it."""
        self._on_connected(tap)
        began = look = time.monotonic()
        try:
            while True:
                raise_if_cancelled()
                deliveries = await tap.receive(max(0.0, look - time.monotonic()))
                if deliveries:
                    self._heard = time.monotonic()
                    self._take(deliveries)
                    await tap.settle()
                if time.monotonic() >= look:
                    self._on_looked(await tap.waiting())
                    look = time.monotonic() + self._settings.heartbeat
        except BrokerError as error:
            self._looking = False
            self._readiness.problem = str(error)
            self._log.warning("broker lost", why=str(error))
            return (self._heard or began) > began

    def _on_looked(self, waiting: int) -> None:
        self._heard = time.monotonic()
        if waiting >= _MANY:
            self._log.warning(
                "falls behind: what waits beyond the bounds of its queue is not seen",
                waiting=waiting,
                most=MAX_LENGTH,
            )

    def _on_connected(self, tap: Tap) -> None:
        for exchange in tap.declared:
            self._log.warning("declared an exchange that was missing", exchange=exchange)
        now = time.monotonic()
        if self._heard is not None:
            gap = now - self._heard
            self._missed += gap
            self.gaps += 1
            self._log.warning("not seen", seconds=round(gap, 1))
        self._heard, self._looking = now, True
        self._readiness.link, self._readiness.problem = tap, None
        self._log.info(
            "looking on",
            broker=tap.broker_version,
            queue=tap.queue,
            exchanges=self._exchanges,
            table=self._readiness.table,
        )
