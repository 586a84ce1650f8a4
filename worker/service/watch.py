"""Looks after an open link: the broker must answer, and what waits in its partitions must move."""

import asyncio
import time
from collections.abc import Sequence

from worker.amqp.errors import BrokerError
from worker.amqp.link import AmqpLink
from worker.log import Log, fault
from worker.pipeline.delivery import Delivery
from worker.service.dispatcher import Dispatcher
from worker.service.watchdog import Watchdog

_MOST = 32  # times the patience at first


class Watch:
    """Loses a link that brings nothing although there is something to get. One per process.

    It may be wrong: to a standby, an active worker that is held up, or that gets more than it can
    take, looks the same as being forgotten by the broker. Then connecting again is of no use and
    costs what is on its way here, so its patience doubles each time that it did not help.
    """

    def __init__(self, patience: float, interval: float, log: Log) -> None:
        self._least = self._patience = patience
        self._interval = interval
        self._log = log
        self._watchdog = Watchdog(patience, time.monotonic())
        self._suspects: frozenset[int] = frozenset()

    def heard(self, deliveries: Sequence[Delivery]) -> None:
        """Note what was delivered."""
        if not deliveries:
            return
        partitions = {each.partition for each in deliveries if each.partition is not None}
        self._watchdog.heard(partitions, time.monotonic())
        if partitions & self._suspects:  # it did help
            self._suspects = frozenset()
            self._patience = self._least

    async def look_after(self, link: AmqpLink, dispatcher: Dispatcher) -> None:
        """Look at the backlog now and then, until the link is lost."""
        self._watchdog = Watchdog(self._patience, time.monotonic())
        while link.lost is None:
            await asyncio.sleep(self._interval)
            try:
                backlog = await link.backlog()
            except BrokerError:
                return  # the link is lost by that, and says so
            except Exception as error:  # noqa: BLE001 - the watch goes on
                self._log.error("watchdog failed", **fault(error))
                continue
            stuck = self._watchdog.look(backlog, dispatcher.partitions, time.monotonic())
            if stuck is not None:
                self._log.error("stuck", why=stuck.why, partitions=sorted(stuck.partitions))
                self._suspects = stuck.partitions
                self._patience = min(2 * self._patience, _MOST * self._least)
                link.lose(stuck.why)
