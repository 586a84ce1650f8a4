"""The life of the process: connect, serve, reconnect, drain."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from typing import TypeVar

from contracts import DeadReason
from routing.limit import every_limit
from worker.amqp.broker_url import shown
from worker.amqp.errors import AccessRefused, BrokerError, BrokerUnavailable, TopologyMismatch
from worker.amqp.link import AmqpLink
from worker.backoff import Backoff
from worker.log import Log
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.turn import DeadLetter, Turn
from worker.service.buckets import Buckets
from worker.service.ceiling import Ceiling
from worker.service.delivery_log import DeliveryLog
from worker.service.dispatcher import Dispatcher, Rules
from worker.service.intake import Intake
from worker.service.readiness import Readiness
from worker.service.refusal_log import RefusalLog
from worker.service.sequencer import Sequencer
from worker.service.watch import Watch
from worker.service.window import RepeatWindow
from worker.settings import Settings

_T = TypeVar("_T")
_STEADY = 10.0  # seconds after which a link has lasted
_OLD_BROKER = (
    "this broker ignores consumer priorities: partitions stay with the first worker until it leaves"
)


class Service:
    """Routes until it is told to stop, or its intake is done."""

    def __init__(
        self, settings: Settings, pipeline: Pipeline, intake: Intake, readiness: Readiness, log: Log
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._intake = intake
        self._readiness = readiness
        self._log = log
        self._deliveries = DeliveryLog(log, readiness.figures, settings.log_rate)
        self._refusals = RefusalLog(log)
        self._window = RepeatWindow(settings.window_count, settings.window_age)
        self._buckets = Buckets()
        self._sequencer = Sequencer()
        self._ceiling = Ceiling()
        self._hosts = cycle(settings.amqp_url)
        self._backoff = Backoff(settings.reconnect_backoff_min, settings.reconnect_backoff_max)
        self._failures = 0
        """Connections refused or lost, since one has lasted."""
        self._stop = asyncio.Event()
        self._abandon = False
        self._served_before = False
        self._link: AmqpLink | None = None
        self._watch = Watch(settings.watchdog, settings.heartbeat, log)

    def stop(self) -> None:
        """Ask the service to drain and end. A second call ends it without waiting."""
        self._abandon = self._stop.is_set()
        self._stop.set()
        if self._link is not None:
            self._link.wake()

    def route_by(self, pipeline: Pipeline) -> None:
        """Route by another table from the next delivery on; earlier ones keep their decision."""
        self._pipeline = pipeline
        self._buckets.keep(every_limit(pipeline.router.table.limits))

    async def run(self) -> None:
        """Serve until `stop` or the intake is done, through any number of connections.

        Raises AccessRefused after `auth_timeout`, TopologyMismatch if it was so from the start,
        BrokerUnavailable if link after link brings nothing of what waits.
        """
        while not self._ends:
            link = await self._connect()
            if link is not None:
                since = time.monotonic()
                await self._serve(link)
                if time.monotonic() - since > _STEADY:
                    self._failures = 0
                if self._watch.hopeless is not None and not self._stop.is_set():
                    raise BrokerUnavailable(self._watch.hopeless)
                if not self._ends:
                    await self._pause()
                    del link
                    gc.collect()  # a lost link is made of cycles, and holds all that was on its way
        self._log.info("stopped")

    @property
    def _ends(self) -> bool:
        return self._stop.is_set() or self._intake.done

    # ---- connecting

    async def _connect(self) -> AmqpLink | None:
        """Return an open link, however long it takes; None if told to stop meanwhile."""
        refused_since: dict[str, float] = {}
        while not self._stop.is_set():
            url = next(self._hosts)
            try:
                return await self._unless_stopped(partial(self._open, url))
            except BrokerError as error:
                if self._stop.is_set():
                    return None
                self._readiness.problem = str(error)
                self._log.warning("not connected", url=shown(url), why=str(error))
                if isinstance(error, TopologyMismatch) and not self._served_before:
                    raise
                now = time.monotonic()
                if not isinstance(error, AccessRefused):
                    refused_since.pop(url, None)
                elif now - refused_since.setdefault(url, now) >= self._settings.auth_timeout:
                    raise
            await self._pause()
        return None

    async def _open(self, url: str) -> AmqpLink:
        # At the start a mismatch is somebody's mistake. Later the other models need us.
        strict = not self._served_before
        return await self._intake.open(url, strict=strict)

    async def _pause(self) -> None:
        """Wait before connecting again: longer each time, until a link has lasted."""
        self._failures += 1
        await self._unless_stopped(partial(asyncio.sleep, self._backoff.delay(self._failures)))

    async def _unless_stopped(self, start: Callable[[], Awaitable[_T]]) -> _T | None:
        """Return what `start` returns; None if the service is told to stop before it does."""
        work = asyncio.ensure_future(start())
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if work.done():
            return work.result()
        work.cancel()
        with suppress(asyncio.CancelledError):
            return await work  # done all the same: what it opened wants to be closed
        return None

    # ---- serving

    async def _serve(self, link: AmqpLink) -> None:
        """Route until the link is lost or the service told to stop; then close the link."""
        dispatcher = self._new_dispatcher()
        watch = asyncio.ensure_future(self._watch.look_after(link, dispatcher))
        self._on_connected(link)
        self._readiness.load = dispatcher
        try:
            while not self._ends:
                await self._turn_once(link, dispatcher, self._wake_in(dispatcher))
            await self._drain(link, dispatcher)
        except BrokerUnavailable as error:
            self._readiness.problem = str(error)
            self._log.warning("broker lost", why=str(error))
        finally:
            self._link = self._readiness.link = self._readiness.load = None
            watch.cancel()
            self._ceiling.learn(link.lost)
            await link.close()
            dispatcher.release_all(time.monotonic())
            self._refusals.flush()
            self._deliveries.write(dispatcher.take_endings(), time.monotonic())
            self._deliveries.flush()

    def _wake_in(self, dispatcher: Dispatcher) -> float | None:
        """Return in how many seconds something is due, or None."""
        now = time.monotonic()
        due = (dispatcher.wake_in(now), self._deliveries.due_in(now))
        return min((seconds for seconds in due if seconds is not None), default=None)

    async def _turn_once(
        self, link: AmqpLink, dispatcher: Dispatcher, timeout: float | None
    ) -> None:
        batch = await link.receive(timeout)
        self._watch.heard(batch.deliveries)
        now = time.monotonic()
        self._readiness.figures.picked_up(batch.deliveries, now)
        actions = dispatcher.step(batch, now)
        link.publish(actions.publications)
        link.settle(actions.settled)
        self._intake.note(batch.deliveries, actions.settled)
        self._refusals.write(batch.refused, now)
        for queue in {refusal.queue for refusal in batch.refused if refusal.unroutable}:
            link.redeclare(queue)
        for mismatch in batch.mismatches:
            self._log.error("otherwise on the broker", what=mismatch)
        self._deliveries.write(dispatcher.take_endings(), now)

    async def _drain(self, link: AmqpLink, dispatcher: Dispatcher) -> None:
        """Let what is in flight be confirmed, and settle it; everything else goes back."""
        self._readiness.draining = True
        link.stop_receiving()
        dispatcher.drain(time.monotonic())
        until = time.monotonic() + self._settings.drain_timeout
        self._log.info("draining", in_flight=dispatcher.in_flight)
        while dispatcher.in_flight and not self._abandon:
            left = until - time.monotonic()
            if left <= 0:
                self._log.warning("drain timed out", in_flight=dispatcher.in_flight)
                return
            await self._turn_once(link, dispatcher, left)

    def _on_connected(self, link: AmqpLink) -> None:
        settings = self._settings
        self._link = self._readiness.link = link
        self._readiness.problem = None
        self._readiness.figures.connections += 1
        self._served_before = True
        self._log.info(
            "consuming",
            broker=link.broker_version,
            partitions=self._readiness.partitions,
            worker_id=settings.worker_id,
            table=self._readiness.table,
        )
        if link.broker_version.startswith("3."):
            self._log.info(_OLD_BROKER)

    def _new_dispatcher(self) -> Dispatcher:
        settings = self._settings
        backoff = Backoff(settings.retry_backoff_min, settings.retry_backoff_max)
        rules = Rules(settings.lane_deadline, backoff)
        return Dispatcher(self._make, self._bury, self._window, self._buckets, rules)

    def _make(self, delivery: Delivery) -> Turn | DeadLetter:
        now = datetime.now(UTC)
        sequence = self._sequencer.next(time.time_ns() // 1000)
        made = self._pipeline(delivery, Stamp(now, sequence))
        if isinstance(made, Turn) and (excess := self._ceiling.excess(made)) is not None:
            return self._bury(delivery, made, DeadReason.TOO_LARGE, excess)
        return made

    def _bury(self, delivery: Delivery, turn: Turn, reason: DeadReason, detail: str) -> DeadLetter:
        return self._pipeline.bury(delivery, turn, reason, detail, datetime.now(UTC))
