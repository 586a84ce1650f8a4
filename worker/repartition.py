"""What has to be done to change the number of partitions. A plan; `worker.amqp` carries it out."""

from dataclasses import dataclass, replace

from routing.table import RoutingTable
from worker.settings import Settings
from worker.topology import Queue, Topology, plan_topology

ORDERLY = 10
"""Up to so many partitions, the queue with the highest number is the last of the ring.

The ring is in the order of the names, in which RabbitMQ 3 and 4.0 put it together again after a
restart, and `inbound.10` comes before `inbound.2`. Adding or removing a queue moves the keys of
that queue alone only if it is the last.
"""


@dataclass(frozen=True, slots=True)
class Repartition:
    """From one number of partitions to another."""

    before: Topology
    after: Topology

    @property
    def grows(self) -> bool:
        """Whether there will be more."""
        return len(self.after.partitions) > len(self.before.partitions)

    @property
    def larger(self) -> Topology:
        """The one of the two that has every partition of both."""
        return self.after if self.grows else self.before

    @property
    def common(self) -> tuple[Queue, ...]:
        """The partitions that stay."""
        smaller = self.before if self.grows else self.after
        return smaller.partitions

    @property
    def added(self) -> tuple[Queue, ...]:
        """The partitions to add, in order: each takes keys from those that are there."""
        return self.after.partitions[len(self.before.partitions) :]

    @property
    def removed(self) -> tuple[Queue, ...]:
        """The partitions to remove, in order: each gives its keys to those that are left."""
        return self.before.partitions[: len(self.after.partitions) - 1 : -1]

    @property
    def changes_kind(self) -> bool:
        """Whether `inbound` becomes an exchange of another kind."""
        return self.before.inbound != self.after.inbound

    @property
    def phases(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the partitions to drain together, one phase after the other.

        A conversation only ever moves from a partition to one that is drained later.
        """
        before, after = len(self.before.partitions), len(self.after.partitions)
        if self.grows:
            return (tuple(range(before)), *((number,) for number in range(before, after - 1)))
        return tuple((number,) for number in range(before - 1, after - 1, -1))

    @property
    def refusal(self) -> str | None:
        """Why this cannot be done in order, or None."""
        before, after = len(self.before.partitions), len(self.after.partitions)
        if max(before, after) <= ORDERLY:
            return None
        return (
            f"{before} partitions cannot become {after} while feeders go on: beyond {ORDERLY},"
            " RabbitMQ's ring moves more than the conversations of one queue, and they would lose"
            f" their order; more than {ORDERLY} have to be there from the start, for instance"
            " under another `prefix`"
        )


def plan_repartition(
    table: RoutingTable, settings: Settings, before: int, after: int
) -> Repartition:
    """Return how to get from `before` to `after` partitions."""
    return Repartition(
        plan_topology(table, replace(settings, partitions=before)),
        plan_topology(table, replace(settings, partitions=after)),
    )
