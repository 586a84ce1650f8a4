"""What has to exist on the broker. A description; `worker.amqp` declares it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contracts import short
from contracts.turn_queue import turn_queue
from routing.origin import REDRIVE
from routing.table import RoutingTable
from routing.trust import Trust
from worker.partitions import Partition
from worker.settings import Settings

INBOUND_DELIVERY_LIMIT = 100
TURN_DELIVERY_LIMIT = 20
# Without a limit of its own a queue gets 20 on RabbitMQ 4: listing it 21 times would empty it.
DEAD_DELIVERY_LIMIT = 1_000_000

FIGURES_KIND = "fanout"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue and its arguments."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Binding:
    """From an exchange to a queue, or to another exchange."""

    source: str
    destination: str
    routing_key: str
    to_exchange: bool = False


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything, in the order in which it is declared."""

    exchanges: tuple[Exchange, ...]
    dead: Queue
    turns: tuple[Queue, ...]
    partitions: tuple[Queue, ...]
    """`inbound.0` first; declared last to first, so that a half-made set never looks whole."""
    bindings: tuple[Binding, ...]
    beyond: str
    """The partition queue that exists only if the broker has more partitions than we."""
    mark: str
    """The queue that exists only while the number of partitions is being changed."""
    lock: str
    """The queue that exists only while somebody works on the dead letters."""
    isolated: Mapping[Partition, Queue] = field(default_factory=dict)
    """By platform: a queue of its own for what is published to it, instead of the partitions."""
    ended: tuple[Binding, ...] = ()
    """What must not be bound any more once everything else is: of platforms now isolated."""
    figures: Exchange | None = None
    """One of the exchanges: where workers publish their figures."""
    shared: Mapping[str, str] = field(default_factory=dict)
    """By platform that is not isolated: the queue that exists only where somebody says it is."""

    @property
    def inbound(self) -> Exchange:
        """What spreads messages over the partitions."""
        return self.exchanges[0]

    @property
    def entries(self) -> tuple[Binding, ...]:
        """The bindings that bring what feeders publish to `inbound`."""
        return tuple(binding for binding in self.bindings if binding.to_exchange)

    @property
    def consumed(self) -> dict[Partition, Queue]:
        """The queues that workers consume: the partitions, and those of isolated platforms."""
        return {**dict(enumerate(self.partitions)), **self.isolated}

    @property
    def vital(self) -> "Topology":
        """All but the exchange of figures, without which workers work as well."""
        return replace(
            self, exchanges=tuple(each for each in self.exchanges if each is not self.figures)
        )

    @property
    def outgoing(self) -> "Topology":
        """Only what jobs and dead letters need: no partitions and nothing before them."""
        incoming = {self.inbound.name, *(each.source for each in (*self.entries, *self.ended))}
        return replace(
            self,
            exchanges=tuple(each for each in self.exchanges if each.name not in incoming),
            partitions=(),
            isolated={},
            ended=(),
            bindings=tuple(each for each in self.bindings if each.source not in incoming),
        )

    @property
    def queues(self) -> tuple[Queue, ...]:
        return (self.dead, *self.turns, *self.isolated.values(), *reversed(self.partitions))


def plan_topology(table: RoutingTable, settings: Settings) -> Topology:
    """Return the topology that a table and the settings ask for."""
    prefix = settings.prefix
    alone = sorted(table.isolated_platforms)
    entries = [f"{prefix}in.{platform}" for platform in sorted(table.platforms)]
    if table.trust is Trust.OPEN:
        entries.append(f"{prefix}in.open")
    entries.append(prefix + REDRIVE)
    inbound, dead, turns = f"{prefix}inbound", f"{prefix}dead", f"{prefix}turns"
    hashed = settings.partitions > 1
    partitions = tuple(
        Queue(f"{inbound}.{number}", _inbound_arguments(settings))
        for number in range(settings.partitions)
    )
    # No partition can have such a name, nor anything else of ours, whatever the platform is called.
    own = {platform: f"{inbound}@{platform}" for platform in sorted(table.platforms)}
    isolated: dict[Partition, Queue] = {
        each: Queue(own[each], _isolated_arguments(settings)) for each in alone
    }
    to_own = {f"{prefix}in.{each}": queue.name for each, queue in isolated.items()}
    names = {turn_queue(model, prefix) for model in table.known_models}
    names |= {short(prefix + queue) for queue in table.queues}
    models = tuple(Queue(name, _turn_arguments(settings)) for name in sorted(names))
    figures = Exchange(figures_exchange(prefix), FIGURES_KIND)
    return Topology(
        exchanges=(
            # First what may be refused for want of a plugin: nothing is left behind then.
            Exchange(inbound, "x-consistent-hash" if hashed else "fanout"),
            Exchange(turns, "direct"),
            Exchange(dead, "fanout"),
            figures,
            *(Exchange(name, "topic") for name in entries),
        ),
        dead=Queue(dead, _dead_arguments(settings)),
        turns=models,
        partitions=partitions,
        bindings=(
            Binding(dead, dead, ""),
            *(Binding(turns, queue.name, queue.name) for queue in models),
            # In the order of their names, in which a broker that is restarted may put its ring
            # together again: in another order every conversation would move.
            *(Binding(inbound, name, "1" if hashed else "") for name in sorted(_names(partitions))),
            *(
                Binding(name, to_own[name], "#")
                if name in to_own
                else Binding(name, inbound, "#", to_exchange=True)
                for name in entries
            ),
        ),
        beyond=f"{inbound}.{settings.partitions}",
        mark=f"{inbound}.repartition",
        figures=figures,
        lock=f"{dead}.lock",
        isolated=isolated,
        ended=tuple(Binding(name, inbound, "#", to_exchange=True) for name in to_own),
        shared={platform: name for platform, name in own.items() if platform not in isolated},
    )


def figures_exchange(prefix: str) -> str:
    """Return the name of the exchange to which workers publish their figures.

    Whoever listens binds an exclusive queue, whose name begins with this one and a dot.
    """
    return f"{prefix}figures"


def _names(queues: Iterable[Queue]) -> set[str]:
    return {queue.name for queue in queues}


def _inbound_arguments(settings: Settings) -> dict[str, Any]:
    return {
        **_queue_arguments(settings, INBOUND_DELIVERY_LIMIT),
        **_dead_lettering(settings),
        "x-single-active-consumer": True,
    }


def _isolated_arguments(settings: Settings) -> dict[str, Any]:
    return {
        **_inbound_arguments(settings),
        "x-max-length": settings.isolated_max_length,
        "x-max-length-bytes": settings.isolated_max_bytes,
    }


def _turn_arguments(settings: Settings) -> dict[str, Any]:
    arguments = {**_queue_arguments(settings, TURN_DELIVERY_LIMIT), **_dead_lettering(settings)}
    if settings.turns_single_active:
        arguments["x-single-active-consumer"] = True
    if settings.turns_max_length is not None:
        arguments["x-max-length"] = settings.turns_max_length
    return arguments


def _dead_arguments(settings: Settings) -> dict[str, Any]:
    return _queue_arguments(settings, DEAD_DELIVERY_LIMIT)


def _queue_arguments(settings: Settings, delivery_limit: int) -> dict[str, Any]:
    if settings.queue_type == "classic":
        return {"x-queue-type": "classic"}
    return {"x-queue-type": "quorum", "x-delivery-limit": delivery_limit}


def _dead_lettering(settings: Settings) -> dict[str, Any]:
    arguments = {
        "x-dead-letter-exchange": f"{settings.prefix}dead",
        "x-overflow": "reject-publish",
    }
    if settings.queue_type == "quorum":
        arguments["x-dead-letter-strategy"] = "at-least-once"
    return arguments
