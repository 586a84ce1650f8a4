"""Who takes what feeders publish, how much of it waits, and where."""

from collections.abc import Iterator, Mapping

from worker.doctor.broker_facts import BrokerContent
from worker.doctor.finding import Finding, counted, listed
from worker.doctor.sign import Sign
from worker.partitions import Depth
from worker.settings import Settings
from worker.topology import Topology

MANY = 10_000
"""Messages that wait: some seconds of a worker's time."""
_UNEVEN_FROM = 1_000
_UNEVEN_TIMES = 10
NEARLY = 0.8
_UNEVEN = (
    "one routing key has most of it: a conversation that floods (a limit, or `isolated: true` for"
    " its platform), or a feeder that does not use contracts.routing_key (docs/feeding.md)"
)


def intake_findings(
    seen: BrokerContent, topology: Topology, settings: Settings
) -> Iterator[Finding]:
    """Judge the queues that workers consume."""
    depths = seen.depths(tuple(queue.name for queue in topology.consumed.values()))
    if not depths:
        return
    waiting = sum(depth.messages for depth in depths.values())
    unserved = [name for name, depth in depths.items() if not depth.consumers]
    if len(unserved) == len(depths):
        yield from _nobody(waiting)
    elif unserved:
        stuck = sum(depths[name].messages for name in unserved)
        yield Finding(
            Sign.PARTITION_UNSERVED,
            f"{listed(unserved)}: no consumer, {counted(stuck, 'message')} waiting, while the"
            " others have one",
            "every worker subscribes to every partition: look at `/ready` and the log of each, then"
            " restart the one that has the others",
        )
    else:
        workers = max(depth.consumers for depth in depths.values())
        yield Finding(
            Sign.PARTITIONS_CONSUMED,
            f"{counted(len(depths), 'queue')} with up to {counted(workers, 'consumer')} each,"
            f" {counted(waiting, 'message')} waiting",
        )
    if waiting >= MANY and len(unserved) < len(depths):
        yield Finding(
            Sign.MESSAGES_WAIT,
            f"{counted(waiting, 'message')} waiting in {counted(len(depths), 'queue')}",
            "docs/operating.md, PointsmanMessagesWait: workers at their limit, or lanes held",
        )
    yield from _uneven(seen.depths(tuple(queue.name for queue in topology.partitions)))
    own = seen.depths(tuple(queue.name for queue in topology.isolated.values()))
    yield from _bounded(own, settings.isolated_max_length)


def _nobody(waiting: int) -> Iterator[Finding]:
    if waiting:
        yield Finding(
            Sign.MESSAGES_WITHOUT_WORKER,
            f"no worker consumes, and {counted(waiting, 'message')} waiting",
            "start `pointsman run`; if one runs, its `/ready` and its log say why it does not"
            " consume. Nothing is lost meanwhile",
        )
    else:
        yield Finding(Sign.NO_WORKER, "no worker consumes; nothing waits", "start `pointsman run`")


def _uneven(depths: Mapping[str, Depth]) -> Iterator[Finding]:
    if len(depths) < 2:
        return
    fullest = max(depths, key=lambda name: depths[name].messages)
    most = depths[fullest].messages
    others = (sum(depth.messages for depth in depths.values()) - most) / (len(depths) - 1)
    if most >= _UNEVEN_FROM and most >= _UNEVEN_TIMES * others:
        yield Finding(
            Sign.PARTITIONS_UNEVEN,
            f"{fullest} has {most:,} messages waiting, the other partitions {others:,.0f} each",
            _UNEVEN,
        )


def _bounded(depths: Mapping[str, Depth], bound: int) -> Iterator[Finding]:
    for name, depth in depths.items():
        if depth.messages < NEARLY * bound:
            continue
        full = depth.messages >= bound
        yield Finding(
            Sign.ISOLATED_FULL if full else Sign.ISOLATED_NEARLY_FULL,
            f"{name}: {depth.messages:,} of {bound:,} messages (isolated_max_length)",
            "a full one refuses what its feeder publishes, and nobody else is held up: who floods?",
        )
