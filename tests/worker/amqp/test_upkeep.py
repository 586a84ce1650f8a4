import asyncio
from typing import Any

from worker.amqp.upkeep import Upkeep


async def test_a_link_whose_upkeep_fails_is_lost_and_the_fault_is_told():
    """An error nobody expected, in what goes on beside a link, ends the link, with its traceback."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def fail() -> None:
        raise LookupError("nobody expected that")

    Upkeep(lost.set_result).start(fail())
    assert await lost == "LookupError in its upkeep"
    assert [str(each["exception"]) for each in told] == ["nobody expected that"]


async def test_upkeep_that_ends_loses_nothing():
    """What is done, or cancelled when the link is closed, is no loss of it."""
    lost: list[str] = []
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    upkeep = Upkeep(lost.append)
    upkeep.start(asyncio.sleep(3600))
    upkeep.start(asyncio.sleep(0))
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    upkeep.end()
    await asyncio.wait(tasks)
    assert [task.cancelled() for task in tasks].count(True) == 1
    assert not lost
    assert not told
