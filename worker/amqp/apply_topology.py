"""Declaring the topology without serving."""

from worker.amqp.any_host import any_host
from worker.amqp.declare import declare
from worker.amqp.errors import TopologyMismatch
from worker.settings import Settings
from worker.topology import Topology


async def apply_topology(settings: Settings, topology: Topology) -> None:
    """Declare everything on the first of the hosts that answers.

    Raises BrokerUnavailable, AccessRefused or TopologyMismatch.
    """
    async with any_host(settings, "topology") as connection:
        mismatches = await declare(connection, topology, settings.publish_timeout)
    if mismatches:
        raise TopologyMismatch(mismatches)
