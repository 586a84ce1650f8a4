"""Draining some partitions, so far as they were filled when it began."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, connect_by
from worker.amqp.errors import BrokerError
from worker.amqp.link import AmqpLink
from worker.amqp.partition_ring import quiet_depths
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery
from worker.service.quota import Quota
from worker.settings import Settings
from worker.topology import Queue, Topology

_GRACE = 5.0
_LOOK = 1.0  # seconds between two looks; what was sent to us before the first is here by then


class PartitionDrain:
    """An intake that ends once what was in its partitions is settled; they may still fill up."""

    def __init__(
        self,
        settings: Settings,
        outgoing: Topology,
        partitions: Mapping[Partition, Queue],
        show: Callable[[int], None],
    ) -> None:
        self._settings = settings
        self._outgoing = outgoing
        self._partitions = partitions
        self._show = show
        self._quota: Quota | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def done(self) -> bool:
        """Whether everything is settled."""
        return self._quota is not None and not self._quota.left

    async def open(self, url: str, *, strict: bool) -> AmqpLink:
        """Look at what is there, and consume it; after a lost connection there may be more."""
        settings = self._settings
        connection = await connect_by(settings, url, "look")
        try:
            names = [queue.name for queue in self._partitions.values()]
            depths = await quiet_depths(
                connection, names, settings.publish_timeout, patience(settings)
            )
        finally:
            await closed_within(connection.close(), CLOSE_TIMEOUT)
        # A new channel counts its tags anew.
        self._quota = Quota({n: depths[queue.name] for n, queue in self._partitions.items()})
        self._show(self._quota.left)
        link = await AmqpLink.open(url, settings, self._outgoing, self._partitions, strict=strict)
        self._looking = asyncio.get_running_loop().create_task(self._look(link, self._quota))
        return link

    def note(self, deliveries: Sequence[Delivery], settled: Sequence[int]) -> None:
        """Count what came and what was settled."""
        if self._quota is not None:
            self._quota.note(deliveries, settled)
            self._show(self._quota.left)

    async def _look(self, link: AmqpLink, quota: Quota) -> None:
        """See what is gone without having come here, until the link is lost or all is settled."""
        while link.lost is None and quota.left:
            await asyncio.sleep(_LOOK)
            try:
                depths = await link.depths()
            except BrokerError:
                return  # the link is lost by that, and says so
            # A queue without a leader looks empty as well, but then without its consumer.
            found = depths.items()
            quota.looked([n for n, depth in found if depth.consumers and not depth.messages])
            self._show(quota.left)
        link.wake()


def patience(settings: Settings) -> float:
    """Return the seconds in which a broker notices that a connection of ours is gone."""
    return 3 * (settings.heartbeat + 1) + _GRACE
