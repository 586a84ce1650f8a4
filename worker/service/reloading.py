"""Changing the table while the service runs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

from routing.table import RoutingTable
from worker.amqp.errors import AccessRefused, BrokerUnavailable, TopologyMismatch
from worker.log import Log, fault
from worker.pipeline.pipeline import Pipeline
from worker.service.intake import EveryPartition
from worker.service.left_queues import LeftQueues
from worker.service.readiness import Readiness
from worker.service.service import Service
from worker.service.table_news import TableRefusal
from worker.table_source import Candidate, Refused, TableSource
from worker.topology import Topology

_WRITTEN_WITHIN = 0.5  # seconds after which what is half written, or gone for a moment, is whole
_STILL_WRITING = 0.05
_ASK_AGAIN = 1.0  # seconds until a broker that does not answer is asked again


class Reloading:
    """Takes the table of the file when it has another, and keeps the one in use if it cannot."""

    def __init__(
        self,
        source: TableSource,
        pipeline: Pipeline,
        service: Service,
        intake: EveryPartition,
        readiness: Readiness,
        log: Log,
    ) -> None:
        self._source = source
        self._pipeline = pipeline
        self._service = service
        self._intake = intake
        self._readiness = readiness
        self._log = log
        self._left = LeftQueues(intake, readiness.news, log)
        self._asked = False
        self._wanted = asyncio.Event()

    def ask(self) -> None:
        """Look at the file and the queues now, even if nothing has happened to them."""
        self._left.ask()
        self._asked = True
        self._wanted.set()

    async def run(self, changes: AsyncIterator[None]) -> None:
        """Reload at every change, and when asked. Ends only when it is cancelled."""
        tasks = [
            asyncio.create_task(self._listen(changes)),
            asyncio.create_task(self._left.keep_looking()),
        ]
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                asked, self._asked = self._asked, False
                await self._reload_safely(asked=asked)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _listen(self, changes: AsyncIterator[None]) -> None:
        try:
            async for _ in changes:
                self._wanted.set()
        except Exception as error:  # noqa: BLE001 - SIGHUP still works, and routing goes on
            self._log.error("not watching the table", **fault(error))

    async def _reload_safely(self, *, asked: bool) -> None:
        try:
            await self._reload(asked=asked)
        except Exception as error:  # noqa: BLE001 - the table in use is as good as it was
            self._log.error("reloading failed", **fault(error))

    async def _reload(self, *, asked: bool) -> None:
        began = time.monotonic()
        found = await self._look()
        if found is None:
            self._readiness.news.refused = None
            if asked:
                self._log.info("table unchanged", table=self.in_use.digest)
        elif isinstance(found, Refused):
            self._refuse(found, asked=asked)
        else:
            await self._take(found, began, asked=asked)

    @property
    def in_use(self) -> RoutingTable:
        """The table that decides now."""
        return self._pipeline.router.table

    async def _look(self) -> Candidate | Refused | None:
        """Look at the file, off the event loop; twice at one that cannot be used."""
        source, patient = self._source, True
        while True:
            mark = source.mark_now()
            found = await asyncio.to_thread(source.look, self.in_use)
            if mark != source.mark_now():
                await asyncio.sleep(_STILL_WRITING)
            elif patient and isinstance(found, Refused):
                patient = False
                await asyncio.sleep(_WRITTEN_WITHIN)
            else:
                return found

    async def _take(self, candidate: Candidate, began: float, *, asked: bool) -> None:
        """Declare what the table needs, then route by it."""
        before, after = self._intake.topology, candidate.topology
        try:
            if not await self._have(after):
                return
        except TopologyMismatch as error:
            self._refuse(Refused(error.mismatches), asked=asked)
            return
        except AccessRefused as error:
            self._refuse(Refused((str(error),)), asked=asked)
            return
        # Nothing is awaited from here on: no delivery sees half of it.
        old, pipeline = self.in_use, self._pipeline
        self._pipeline = pipeline.by(candidate.router)
        self._service.route_by(self._pipeline)
        self._left.change(before, after)
        self._tell(candidate, old, time.monotonic() - began)

    async def _have(self, topology: Topology) -> bool:
        """Have what a table needs, once the broker answers; False if there may be another by now.

        Raises TopologyMismatch or AccessRefused.
        """
        told = False
        while not self._wanted.is_set():
            try:
                await self._intake.take(topology)
                return True
            except BrokerUnavailable as error:
                if not told:
                    self._log.warning("the table waits for the broker", why=str(error))
                told = True
                await asyncio.sleep(_ASK_AGAIN)
        return False

    def _tell(self, candidate: Candidate, old: RoutingTable, seconds: float) -> None:
        table, news = self.in_use, self._readiness.news
        self._readiness.table = table.digest
        news.loaded_at = datetime.now(UTC)
        news.refused = None
        news.restart = candidate.restart
        self._readiness.figures.reloads += 1
        self._readiness.figures.keep(table)
        self._log.info(
            "table reloaded",
            old=old.digest,
            new=table.digest,
            rules=len(table.rules),
            ms=round(seconds * 1000, 1),
        )
        for warning in candidate.warnings:
            self._log.warning("configuration", problem=warning)
        if candidate.restart:
            self._log.warning("a restart is needed", settings=list(candidate.restart))

    def _refuse(self, refused: Refused, *, asked: bool) -> None:
        news = self._readiness.news
        if asked or news.refused is None or news.refused.problems != refused.problems:
            news.refused = TableRefusal(datetime.now(UTC), refused.problems)
            self._readiness.figures.reloads_refused += 1
            table = self.in_use.digest
            self._log.error("table refused", table=table, problems=list(refused.problems))
