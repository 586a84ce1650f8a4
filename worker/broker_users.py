"""Who needs what of the broker: a user per feeder, one for the workers, one per queue of turns, and
one for operators.

What RabbitMQ asks for: declaring needs *configure*; binding needs *write* on what is bound and
*read* on where it is bound to; publishing needs *write* on the exchange, consuming *read* on the
queue. A queue with a dead-letter exchange takes, to be declared, *read* on the queue and *write* on
that exchange as well.
"""

from collections.abc import Iterable, Iterator

from contracts.turn_queue import turn_queue
from routing.origin import EXCHANGE, REDRIVE
from routing.table import RoutingTable
from worker.broker_user import BrokerUser, Names, Role, plain_name
from worker.topology import Topology, figures_exchange

_FEEDER_LIMITS = {"max-connections": 20, "max-channels": 100}


def plan_users(table: RoutingTable, topology: Topology, prefix: str) -> tuple[BrokerUser, ...]:
    """Return the users that the topology of a table needs; each with what it needs and no more."""
    taken = frozenset(user for users in table.publishers.values() for user in users)
    return (
        _worker(topology, prefix, taken),
        *_feeders(table, topology, prefix, taken),
        *_runners(topology, prefix, taken),
        _operator(topology, prefix, taken),
    )


def _worker(topology: Topology, prefix: str, taken: frozenset[str]) -> BrokerUser:
    """What it declares, binds, consumes and publishes to, and what a changed table may add."""
    families = [f"{prefix}{name}" for name in ("in.", "inbound.", "inbound@", "turns.")]
    # Of its own, to hear the figures of all workers.
    figures = figures_exchange(prefix)
    families.append(listening := f"{figures}.")
    exchanges = {each.name for each in topology.exchanges}
    # A queue for any platform, which may be isolated some day or may have been.
    isolated = {*topology.shared.values(), *(each.name for each in topology.isolated.values())}
    queues = {each.name for each in topology.queues} | isolated | {listening}
    dead_lettering = {
        each.name: str(each.arguments["x-dead-letter-exchange"])
        for each in topology.queues
        if "x-dead-letter-exchange" in each.arguments
    }
    published = {each.name for each in topology.outgoing.exchanges}
    sources = {each.source for each in topology.bindings}
    destinations = {each.destination for each in topology.bindings}
    consumed = {each.name for each in topology.partitions} | isolated
    return BrokerUser(
        _ours(f"{prefix}pointsman-worker", taken),
        Role.WORKER,
        "declares everything, consumes the partitions, publishes to turns, dead and figures",
        configure=Names.of(exchanges | queues, families),
        write=Names.of(
            destinations | published | isolated | {listening, *dead_lettering.values()}, families
        ),
        # It looks into the mark whether there is one or not.
        read=Names.of(
            sources | {*dead_lettering} | consumed | {topology.mark, figures, listening}, families
        ),
    )


def _feeders(
    table: RoutingTable, topology: Topology, prefix: str, taken: frozenset[str]
) -> Iterator[BrokerUser]:
    """A user for each exchange that the table lists none for, then those that it lists."""
    entry = prefix + EXCHANGE
    listed: dict[str, set[str]] = {}
    names = {each.name for each in topology.exchanges if each.name.startswith(entry)}
    for name in sorted(names - {prefix + REDRIVE}):
        platform = name.removeprefix(entry)
        for user in table.publishers.get(platform, ()):
            listed.setdefault(user, set()).add(name)
        if not table.publishers.get(platform):
            yield _feeder(_ours(f"{prefix}feeder-{platform}", taken), {name})
    for user, exchanges in sorted(listed.items()):
        yield _feeder(user, exchanges)


def _feeder(name: str, exchanges: Iterable[str]) -> BrokerUser:
    what = ", ".join(sorted(exchanges))
    return BrokerUser(
        name, Role.FEEDER, f"publishes to {what}", write=Names.of(exchanges), limits=_FEEDER_LIMITS
    )


def _runners(topology: Topology, prefix: str, taken: frozenset[str]) -> Iterator[BrokerUser]:
    beginning = turn_queue("", prefix)
    for queue in topology.turns:
        # A queue that a rule names may be called as a model is.
        model = queue.name.startswith(beginning)
        of = queue.name.removeprefix(beginning if model else prefix)
        name = f"{prefix}runner-{of}" if model else f"{prefix}queue-runner-{of}"
        yield BrokerUser(
            _ours(name, taken), Role.RUNNER, f"consumes {queue.name}", read=Names.of([queue.name])
        )


def _operator(topology: Topology, prefix: str, taken: frozenset[str]) -> BrokerUser:
    """What it takes to look through the dead letters, to send them on again, and for `top`."""
    dead, figures = topology.dead.name, figures_exchange(prefix)
    families = [listening := f"{figures}."]
    return BrokerUser(
        _ours(f"{prefix}pointsman-operator", taken),
        Role.OPERATOR,
        f"reads {dead} and writes to it, publishes to {prefix}{REDRIVE}, listens to {figures}",
        configure=Names.of([topology.lock, listening], families),
        write=Names.of([dead, prefix + REDRIVE, listening], families),
        read=Names.of([dead, figures, listening], families),
    )


def _ours(name: str, taken: frozenset[str]) -> str:
    """Return a name for a user of ours, which is none of those that the table lists."""
    name = plain_name(name)
    while name in taken:
        name += "~"
    return name
