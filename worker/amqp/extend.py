"""Making exist what another table needs besides."""

from aio_pika.abc import AbstractConnection

from worker.amqp.declare import declare_as_it_is, refuse_other_isolation
from worker.amqp.errors import TopologyMismatch
from worker.topology import Topology


async def extend(connection: AbstractConnection, added: Topology, timeout: float) -> None:
    """Declare what is added, model queues before the exchanges that bring messages for them.

    Raises TopologyMismatch if anything of it exists otherwise than we need it, or has a queue of
    its own.
    """
    await refuse_other_isolation(connection, added, timeout)
    parts = [added.outgoing] if added.turns else []
    if added.entries:
        parts.append(added)
    for part in parts:
        mismatches = await declare_as_it_is(connection, part, timeout)
        if mismatches:
            raise TopologyMismatch(mismatches)
