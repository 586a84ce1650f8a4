"""The queues of models that have left the table."""

import asyncio
from contextlib import suppress

from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.errors import BrokerError
from worker.log import Log, fault
from worker.service.intake import EveryPartition
from worker.service.table_news import TableNews
from worker.topology import Topology
from worker.topology_change import left

_INTERVAL = 60.0


class LeftQueues:
    """Says which of them hold jobs, and how many, until they do not.

    They are looked at for as long as the process runs: a job that was decided earlier and waits for
    room may come to one of them late.
    """

    def __init__(self, intake: EveryPartition, news: TableNews, log: Log) -> None:
        self._intake = intake
        self._news = news
        self._log = log
        self._names: set[str] = set()
        self._wanted = asyncio.Event()

    def ask(self) -> None:
        """Have them looked at now."""
        self._wanted.set()

    def change(self, before: Topology, after: Topology) -> None:
        """Note that the table has changed, and have what has left it looked at."""
        self._names |= set(left(before, after))
        kept = {queue.name for queue in after.turns}
        self._names -= kept
        self._news.left = {name: n for name, n in self._news.left.items() if name not in kept}
        self.ask()

    async def _look(self) -> None:
        """Look at them; without a broker what was seen last stays."""
        seen: dict[str, int] = {}
        link = self._intake.link
        if link is None:
            return
        try:
            for name in sorted(self._names):
                if ready := await link.depth(name):
                    seen[name] = ready
        except BrokerError:
            return
        seen = {name: ready for name, ready in seen.items() if name in self._names}
        emptied = sorted(self._news.left.keys() - seen.keys())
        self._news.left = seen
        if seen:
            self._log.warning("queues have left the table and hold jobs", queues=seen)
        if emptied:
            self._log.info("queues that have left the table are empty", queues=emptied)

    async def keep_looking(self) -> None:
        """Look when asked, and now and then. Ends only when it is cancelled."""
        while True:
            raise_if_cancelled()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), _INTERVAL)
            self._wanted.clear()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the next look may do better
                self._log.error("looking at queues failed", **fault(error))
