"""Whether what has to exist on the broker does, and is as it has to be."""

from collections.abc import Iterator

from worker.doctor.broker_facts import BrokerContent, HostFacts
from worker.doctor.finding import Finding, counted, listed
from worker.doctor.sign import Sign
from worker.topology import Topology

_DECLARE = "start a worker, or `pointsman topology apply`"
_REPARTITION = (
    "set `partitions` to what the broker has, or change it with `pointsman topology repartition`"
    " (docs/guarantees.md)"
)
_DIFFERS = (
    "set the setting to what the queue was made with, or let it run empty, delete it and let a"
    " worker declare it; queues are never changed or deleted by Pointsman"
)
_PLUGIN = "`rabbitmq-plugins enable rabbitmq_consistent_hash_exchange` on every node"


def topology_findings(facts: HostFacts, topology: Topology) -> Iterator[Finding]:
    """Compare what is there with what a worker with this table and these settings needs."""
    if facts.hash_exchange is False and topology.inbound.kind == "x-consistent-hash":
        yield Finding(
            Sign.PLUGIN_MISSING,
            f"{facts.host}: the plugin rabbitmq_consistent_hash_exchange is not enabled",
            f"{_PLUGIN}, or `partitions: 1`; no worker starts without",
        )
    seen = facts.seen
    if seen is None or facts.silent is not None:
        return
    found = [*_counts(seen, topology), *_missing(seen, topology)]
    found += [Finding(Sign.ARGUMENTS_DIFFER, line, _DIFFERS) for line in seen.mismatches]
    if not found and facts.hash_exchange is not False:
        exchanges, queues = len(topology.exchanges), len(topology.queues)
        what = f"{counted(exchanges, 'exchange')}, {counted(queues, 'queue')}"
        blind = seen.unseen or seen.unconfigurable
        yield Finding(
            Sign.TOPOLOGY_GOOD,
            f"{what}: all there" + (", as far as this user sees" if blind else " and as needed"),
        )
    yield from found


def _counts(seen: BrokerContent, topology: Topology) -> Iterator[Finding]:
    """What `run` refuses to start with."""
    if seen.queues.get(topology.mark) is not None:
        yield Finding(
            Sign.REPARTITION_UNDER_WAY,
            f"queue {topology.mark}: exists, so a repartition has been begun; no worker starts",
            "finish it with the same `pointsman topology repartition N --apply`",
        )
        return
    names = [queue.name for queue in topology.partitions]
    if seen.queues.get(topology.beyond) is not None:
        yield Finding(
            Sign.PARTITIONS_DIFFER,
            f"queue {topology.beyond}: exists, so the broker has more than {len(names)} partitions",
            _REPARTITION,
        )
    elif _there(seen, names[0]) and _gone(seen, names[-1]):
        yield Finding(
            Sign.PARTITIONS_DIFFER,
            f"queue {names[-1]}: missing, so the broker has fewer than {len(names)} partitions",
            f"{_REPARTITION}; if it was deleted, declare it again",
        )
    for platform, queue in topology.shared.items():
        if _there(seen, queue):
            yield Finding(
                Sign.ISOLATION_DIFFERS,
                f"queue {queue}: exists, so `{platform}` was isolated, and in this table it is not",
                f"set `platforms: {{{platform}: {{isolated: true}}}}`, or let workers with that"
                " empty the queue while nobody publishes to it, stop them and delete it",
            )


def _missing(seen: BrokerContent, topology: Topology) -> Iterator[Finding]:
    models = {queue.name for queue in topology.turns}
    needed = [queue.name for queue in topology.queues if queue.name not in models]
    exchanges = [name for name, there in seen.exchanges.items() if not there]
    if len(exchanges) == len(topology.exchanges) and all(_gone(seen, name) for name in needed):
        yield Finding(Sign.TOPOLOGY_ABSENT, "nothing is declared yet", _DECLARE)
        return
    queues = [name for name in needed if _gone(seen, name)]
    last = topology.partitions[-1].name
    if _there(seen, topology.partitions[0].name) and last in queues:
        queues.remove(last)  # told already, as another number of partitions
    for what, names in (("exchange", exchanges), ("queue", queues)):
        if names:
            yield Finding(
                Sign.TOPOLOGY_MISSING,
                f"{counted(len(names), what)} missing: {listed(names)}",
                f"{_DECLARE}; what was published meanwhile has been refused or is lost with a"
                " queue that was deleted",
            )
    if gone := sorted(name for name in models if _gone(seen, name)):
        yield Finding(
            Sign.MODEL_QUEUE_MISSING,
            f"{counted(len(gone), 'model queue')} missing: {listed(gone)}",
            "a worker with this table declares it with its first job, or when it takes the table:"
            " does the workers' table know that model?",
        )


def _there(seen: BrokerContent, queue: str) -> bool:
    return seen.queues.get(queue) is not None


def _gone(seen: BrokerContent, queue: str) -> bool:
    """Whether it is known not to be there; of what this user may not see nothing is known."""
    return queue in seen.queues and seen.queues[queue] is None
