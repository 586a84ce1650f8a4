"""The plan of a repartition, for people."""

from collections.abc import Iterator

from worker.partitions import Partitions
from worker.repartition import Repartition


def plan_lines(change: Repartition, found: Partitions) -> Iterator[str]:
    """Say what is there, what would be done and in which order, and what to watch out for."""
    before, after = len(change.before.partitions), len(change.after.partitions)
    inbound = change.after.inbound
    queues = change.larger.partitions
    yield f"from {before} to {after} partitions" + (", under way" if found.under_way else "")
    yield "found on the broker:"
    for number, depth in sorted(found.depths.items()):
        consumed = ", consumed: stop the workers first" if depth.consumers else ""
        yield f"  {queues[number].name}: {depth.messages:,} waiting{consumed}"
    yield "then, with --apply:"
    if change.changes_kind and change.grows:
        yield from _kind_lines(change)
    for queue in change.added:
        yield f"  declare {queue.name} and bind it to {inbound.name}"
    for queue in change.removed:
        yield f"  unbind {queue.name} from {inbound.name}"
    for numbers in change.phases:
        names = ", ".join(queues[number].name for number in numbers)
        yield f"  drain what {names} holds" if change.grows else f"  drain {names} and delete it"
    if change.changes_kind and not change.grows:
        yield from _kind_lines(change)
    yield "nothing has been changed"


def closing_lines(partitions: int) -> Iterator[str]:
    """Say what is left to do."""
    yield f"the broker has {partitions} partitions now"
    yield (
        f"set `partitions: {partitions}` in the `worker:` block, or"
        f" POINTSMAN_PARTITIONS={partitions}, and start the workers"
    )


def _kind_lines(change: Repartition) -> Iterator[str]:
    first, inbound = change.after.partitions[0].name, change.after.inbound
    entries = ", ".join(binding.source for binding in change.after.entries)
    yield f"  lead {entries} straight to {first}"
    yield f"  make {inbound.name} a {inbound.kind} exchange, and lead them there again"
    yield "  (exchanges of platforms that the table no longer has must not be published to)"
