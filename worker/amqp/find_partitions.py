"""How many partitions the broker has, and what is in them: found by looking."""

from aio_pika.abc import AbstractConnection

from worker.amqp.errors import TopologyMismatch
from worker.amqp.partition_ring import depth_of
from worker.amqp.repartition_mark import find_mark
from worker.partitions import Depth, Partitions


async def find_partitions(
    connection: AbstractConnection, inbound: str, mark: str, wanted: int, timeout: float
) -> Partitions:
    """Look at `inbound.0` and those after it, and at the mark of a change that is under way.

    Raises TopologyMismatch if that change is to another number than `wanted`, or there is a gap.
    """
    found = await find_mark(connection, mark, timeout)
    if found is not None and found.after not in {None, wanted}:
        raise TopologyMismatch([found.line])
    depths: dict[int, Depth] = {}
    most = max(wanted, found.before or 0) if found is not None else wanted
    number = 0
    while (depth := await depth_of(connection, f"{inbound}.{number}", timeout)) or number < most:
        if depth is not None:
            depths[number] = depth
        number += 1
    if found is not None and found.before is not None:
        return Partitions(found.before, under_way=True, depths=depths)
    missing = next(number for number in range(len(depths) + 1) if number not in depths)
    if not depths:
        raise TopologyMismatch(
            [f"queue {inbound}.0: missing, so there is nothing to change: start the workers"]
        )
    if missing < len(depths):
        raise TopologyMismatch(
            [f"queue {inbound}.{missing}: missing, though {inbound}.{max(depths)} exists"]
        )
    return Partitions(len(depths), under_way=False, depths=depths)
