import asyncio
import io

from tests.routing.tables import table
from worker.log import open_log
from worker.service.intake import EveryPartition
from worker.service.left_queues import LeftQueues
from worker.service.table_news import TableNews
from worker.settings import Settings
from worker.topology import plan_topology


async def test_it_ends_even_if_it_is_asked_at_that_moment():
    """A look that is asked for as the process ends keeps nobody waiting."""
    settings = Settings.load({}, {}, {})
    intake = EveryPartition(settings, plan_topology(table(), settings))
    queues = LeftQueues(intake, TableNews(), open_log("json", "info", io.StringIO()))
    looking = asyncio.create_task(queues.keep_looking())
    await asyncio.sleep(0)
    queues.ask()
    looking.cancel()
    await asyncio.wait({looking}, timeout=5)
    assert looking.cancelled()
