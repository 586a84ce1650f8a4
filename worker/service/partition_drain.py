"""Draining some partitions, so far as they were filled when it began."""

from collections.abc import Callable, Sequence

from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, connect
from worker.amqp.link import AmqpLink
from worker.amqp.partition_ring import quiet_depths
from worker.pipeline.delivery import Delivery
from worker.service.quota import Quota
from worker.settings import Settings
from worker.topology import Queue, Topology

_GRACE = 5.0


class PartitionDrain:
    """An intake that ends once what was in its partitions is settled; they may still fill up."""

    def __init__(
        self,
        settings: Settings,
        outgoing: Topology,
        partitions: dict[int, Queue],
        show: Callable[[int], None],
    ) -> None:
        self._settings = settings
        self._outgoing = outgoing
        self._partitions = partitions
        self._show = show
        self._quota: Quota | None = None

    @property
    def done(self) -> bool:
        """Whether everything is settled."""
        return self._quota is not None and not self._quota.left

    async def open(self, url: str, *, strict: bool) -> AmqpLink:
        """Look at what is there, and consume it; after a lost connection there may be more."""
        settings = self._settings
        connection = await connect(
            url,
            name=f"pointsman {settings.worker_id} look",
            heartbeat=settings.heartbeat,
            timeout=settings.publish_timeout,
        )
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
        return await AmqpLink.open(url, settings, self._outgoing, self._partitions, strict=strict)

    def note(self, deliveries: Sequence[Delivery], settled: Sequence[int]) -> None:
        """Count what came and what was settled."""
        if self._quota is not None:
            self._quota.note(deliveries, settled)
            self._show(self._quota.left)


def patience(settings: Settings) -> float:
    """Return the seconds in which a broker notices that a connection of ours is gone."""
    return 3 * (settings.heartbeat + 1) + _GRACE
