"""Declaring the topology without serving."""

from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, connect
from worker.amqp.declare import declare
from worker.amqp.errors import BrokerUnavailable, TopologyMismatch
from worker.settings import Settings
from worker.topology import Topology


async def apply_topology(settings: Settings, topology: Topology) -> None:
    """Declare everything on the first of the hosts that answers.

    Raises BrokerUnavailable, AccessRefused or TopologyMismatch.
    """
    last: BrokerUnavailable | None = None
    for url in settings.amqp_url:
        try:
            connection = await connect(
                url,
                name=f"pointsman {settings.worker_id} topology",
                heartbeat=settings.heartbeat,
                timeout=settings.publish_timeout,
            )
        except BrokerUnavailable as error:
            last = error
            continue
        try:
            mismatches = await declare(connection, topology, settings.publish_timeout)
        finally:
            await closed_within(connection.close(), CLOSE_TIMEOUT)
        if mismatches:
            raise TopologyMismatch(mismatches)
        return
    raise last or BrokerUnavailable("no broker URL is set")
