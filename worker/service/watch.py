"""Looks after an open link: the broker must answer, and what waits in its partitions must move."""

import asyncio
import time
from collections.abc import Sequence

from worker.amqp.errors import BrokerError
from worker.amqp.link import AmqpLink
from worker.log import Log, fault
from worker.pipeline.delivery import Delivery
from worker.service.dispatcher import Dispatcher
from worker.service.patience import Patience
from worker.service.watchdog import Watchdog


class Watch:
    """Loses a link that brings nothing although there is something to get. One per process."""

    def __init__(self, patience: float, interval: float, log: Log) -> None:
        self._patience = Patience(patience)
        self._interval = interval
        self._log = log
        self._watchdog = Watchdog(patience, time.monotonic())

    @property
    def hopeless(self) -> str | None:
        """Why another link would bring nothing either, or None."""
        return self._patience.hopeless

    def heard(self, deliveries: Sequence[Delivery]) -> None:
        """Note what was delivered."""
        if not deliveries:
            return
        partitions = {each.partition for each in deliveries if each.partition is not None}
        self._watchdog.heard(partitions, time.monotonic())
        self._patience.heard(partitions)

    async def look_after(self, link: AmqpLink, dispatcher: Dispatcher) -> None:
        """Look at the backlog now and then, until the link is lost."""
        self._watchdog = Watchdog(self._patience.seconds, time.monotonic())
        while link.lost is None:
            await asyncio.sleep(self._interval)
            try:
                depths = await link.depths()
            except BrokerError:
                return  # the link is lost by that, and says so
            except Exception as error:  # noqa: BLE001 - the watch goes on
                self._log.error("watchdog failed", **fault(error))
                continue
            now = time.monotonic()
            backlog = {partition: depth.messages for partition, depth in depths.items()}
            self._patience.looked(backlog)
            stuck = self._watchdog.look(backlog, dispatcher.partitions | link.held, now)
            if stuck is not None:
                where = sorted(stuck.partitions, key=str)
                self._log.error("stuck", why=stuck.why, partitions=where)
                self._patience.lose(stuck, now)
                link.lose(stuck.why)
