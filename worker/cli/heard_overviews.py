"""Overviews, as the exchange of figures has them."""

from collections.abc import AsyncGenerator

from worker.amqp.errors import TopologyMismatch
from worker.failure import BROKER, TOPOLOGY, CommandFailed
from worker.overview.lookout import Lookout
from worker.overview.overview import Overview
from worker.settings import Settings

_WHERE = "has a worker run with this broker, virtual host and prefix?"


async def heard_overviews(settings: Settings) -> AsyncGenerator[Overview, None]:
    """Yield one about once a second. Once it listens it goes on, whatever becomes of the broker.

    Raises CommandFailed if it never gets so far.
    """
    lookout = Lookout(settings)
    try:
        async for overview in lookout.overviews():
            if not lookout.has_listened and (failure := lookout.failure) is not None:
                if isinstance(failure, TopologyMismatch):
                    raise CommandFailed(f"{failure}; {_WHERE}", TOPOLOGY)
                raise CommandFailed(str(failure), BROKER)
            yield overview
    finally:
        await lookout.close()
