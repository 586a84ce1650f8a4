"""Which partitions a service consumes, and until when."""

from collections.abc import Sequence
from typing import Protocol
from weakref import ref

from worker.amqp.errors import BrokerUnavailable
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
    """All partitions, for as long as the service runs, and what the table in use needs."""

    done = False

    def __init__(self, settings: Settings, topology: Topology) -> None:
        self._settings = settings
        self._topology = topology
        self._opened: ref[AmqpLink] | None = None
        """Weak: a link is the service's, and what it held is let go of with it."""

    @property
    def topology(self) -> Topology:
        """What the table in use needs."""
        return self._topology

    @property
    def link(self) -> AmqpLink | None:
        """The open link; None while there is none."""
        link = None if self._opened is None else self._opened()
        return link if link is not None and link.lost is None else None

    async def open(self, url: str, *, strict: bool) -> AmqpLink:
        """Declare the whole topology and consume every partition, and what is isolated."""
        topology, consumed = self._topology, self._topology.consumed
        link = await AmqpLink.open(url, self._settings, topology, consumed, strict=strict)
        self._opened = ref(link)
        return link

    async def take(self, topology: Topology) -> None:
        """Have what another table needs, on the open link and on every later one.

        Raises TopologyMismatch or AccessRefused if the broker will not have it, BrokerUnavailable
        if it does not answer or there is no link. Nothing is taken then: what no broker has seen
        might keep every later link from opening.
        """
        extended: AmqpLink | None = None
        while (link := self.link) is None or link is not extended:
            if link is None:
                raise BrokerUnavailable("not connected")
            await link.extend(topology)
            extended = link
        self._topology = topology

    def note(self, deliveries: Sequence[Delivery], settled: Sequence[int]) -> None:
        """There is never enough."""
