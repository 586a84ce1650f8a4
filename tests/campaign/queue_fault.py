"""What befalls the queues of models."""

import asyncio
import random
import time

from tests.campaign.conversation import QUEUES
from tests.campaign.runner import Runner
from tests.campaign.stage import FaultMissed, Kind, Stage

_EMPTY_WITHIN = 8.0
_DECLARED_WITHIN = 60.0


async def _fill(stage: Stage, rng: random.Random) -> None:
    """Let a runner stop, so that its queue fills up and refuses."""
    runner = stage.runners[rng.choice(sorted(QUEUES.values()))]
    runner.stall()
    try:
        await asyncio.sleep(rng.uniform(3.0, 7.0))
    finally:
        runner.resume()


async def _delete(stage: Stage, rng: random.Random) -> None:
    """Delete a queue while nothing is in it, with publishes to it on their way.

    What an operator deletes along with a queue is not the worker's to keep, so the workers are held
    back until the runner has emptied it.
    """
    runner = stage.runners[rng.choice(sorted(QUEUES.values()))]
    async with stage.site.busy:
        stage.crew.hold_back(True)
        try:
            await _until_empty(stage, runner)
            await stage.site.delete_queue(runner.queue)
        finally:
            stage.crew.hold_back(False)
        await _until_declared(stage, runner.queue)
        stage.site.note_declaration()


async def _until_empty(stage: Stage, runner: Runner) -> None:
    """Return once a queue has been empty twice in a row. Raises FaultMissed after a while."""
    deadline = time.monotonic() + _EMPTY_WITHIN
    times = 0
    while times < 2:
        if time.monotonic() > deadline:
            raise FaultMissed
        await asyncio.sleep(0.1)
        empty = runner.idle and await stage.site.waiting(runner.queue) == 0
        times = times + 1 if empty else 0


async def _until_declared(stage: Stage, queue: str) -> None:
    deadline = time.monotonic() + _DECLARED_WITHIN
    while await stage.site.waiting(queue) is None:
        if time.monotonic() > deadline:
            stage.violations.append(f"{queue} was deleted and not declared again")
            return
        await asyncio.sleep(0.1)


KINDS = (
    Kind("model queue full", _fill),
    Kind("model queue deleted", _delete),
)
