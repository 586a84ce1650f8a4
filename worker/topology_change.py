"""From the topology of one table to that of another, while both are in use."""

from dataclasses import replace

from worker.topology import Queue, Topology


def added(before: Topology, after: Topology) -> Topology:
    """Return what `after` has and `before` has not: model queues, exchanges and their bindings.

    The exchange before the partitions and the dead-letter queue stay in it, which every topology
    has; the partitions and the queues of isolated platforms do not: no running process gets others.
    """
    there, bound = set(before.exchanges), set(before.bindings)
    new = (each for each in after.exchanges[1:] if each not in there)
    return replace(
        after,
        exchanges=(after.inbound, *new),
        turns=_turns_besides(before, after),
        partitions=(),
        isolated={},
        ended=(),
        shared={name: own for name, own in after.shared.items() if name not in before.shared},
        bindings=tuple(each for each in after.bindings if each not in bound),
    )


def merged(before: Topology, after: Topology) -> Topology:
    """Return `after`, with what `before` has besides: jobs decided earlier are still for that."""
    return replace(
        after,
        exchanges=tuple(dict.fromkeys((*after.exchanges, *before.exchanges))),
        turns=(*after.turns, *_turns_besides(after, before)),
        bindings=tuple(dict.fromkeys((*after.bindings, *before.bindings))),
    )


def left(before: Topology, after: Topology) -> tuple[str, ...]:
    """Return the names of the model queues that `before` has and `after` has not."""
    return tuple(queue.name for queue in _turns_besides(after, before))


def _turns_besides(one: Topology, other: Topology) -> tuple[Queue, ...]:
    """Return the model queues that only `other` has; of one process, a name tells them apart."""
    names = {queue.name for queue in one.turns}
    return tuple(queue for queue in other.turns if queue.name not in names)
