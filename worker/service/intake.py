"""Which partitions a service consumes, and until when."""

from collections.abc import Sequence
from typing import Protocol

from worker.amqp.link import AmqpLink
from worker.pipeline.delivery import Delivery
from worker.settings import Settings
from worker.topology import Topology


class Intake(Protocol):
    """Opens links, and hears of what goes through them."""

    async def open(self, url: str, *, strict: bool) -> AmqpLink:
        """Return a link that consumes. Raises as `AmqpLink.open` does."""

    def note(self, deliveries: Sequence[Delivery], settled: Sequence[int]) -> None:
        """Take note of what came through the link opened last, and of the tags it settled."""

    @property
    def done(self) -> bool:
        """Whether that was enough: the service ends then."""


class EveryPartition:
    """All partitions, for as long as the service runs."""

    done = False

    def __init__(self, settings: Settings, topology: Topology) -> None:
        self._settings = settings
        self._topology = topology

    async def open(self, url: str, *, strict: bool) -> AmqpLink:
        """Declare the whole topology and consume every partition."""
        partitions = dict(enumerate(self._topology.partitions))
        return await AmqpLink.open(url, self._settings, self._topology, partitions, strict=strict)

    def note(self, deliveries: Sequence[Delivery], settled: Sequence[int]) -> None:
        """There is never enough."""
