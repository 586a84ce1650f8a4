"""How a trial ends: what was said flows off, and nothing is left over."""

import asyncio
import time

from tests.campaign.crew import Hand
from tests.campaign.stage import Stage

_READY = 30.0
_QUIET = 5.0
_EMPTY = 15.0
_SPARE_TASKS = 2
_DRAIN = 90.0
"""Seconds without any progress, after the last fault, until what is missing counts as lost."""
_LONGEST = 240.0
"""Seconds after which a backlog that only trickles off is a violation of its own."""


async def close_stage(stage: Stage) -> None:
    """Wait until all is well, let the backlog flow off, look at what is left, end the workers."""
    await stage.site.healthy()
    if not stage.crew.hands:
        await stage.crew.hire()
    for hand in stage.crew.hands:
        await _expect_ready(stage, hand)
    try:
        await asyncio.wait_for(stage.feeder.finish(), _DRAIN)
    except TimeoutError:
        stage.violations.append("the feeder never got everything confirmed")
    await _flow_off(stage)
    await _check_rest(stage)
    for hand in stage.crew.hands:
        await _check_flat(stage, hand)
    for hand in list(stage.crew.hands):
        await _end(stage, hand)


async def _expect_ready(stage: Stage, hand: Hand) -> None:
    """Note a violation unless a worker is ready soon, now that nothing is wrong any more."""
    deadline = time.monotonic() + _READY
    await hand.look()
    while hand.alive and not hand.ready and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        await hand.look()
    if not hand.ready:
        stage.violations.append(f"{hand.name} is not ready {_READY:g} s after the last fault")


async def _flow_off(stage: Stage) -> None:
    """Return once nothing is missing, or nothing more can come."""
    ledger = stage.ledger
    began = moved = time.monotonic()
    before = -1
    while ledger.backlog and time.monotonic() - moved < _DRAIN:
        if before != (before := ledger.backlog):
            moved = time.monotonic()
        await asyncio.sleep(0.1)
        quiet = time.monotonic() - moved
        if quiet > _QUIET and not any(map(any, (await stage.site.depths()).values())):
            return
        if time.monotonic() - began > _LONGEST:
            stage.violations.append(f"the backlog did not flow off within {_LONGEST:g} s")
            return


async def _check_rest(stage: Stage) -> None:
    """Note a violation unless every queue becomes empty, with nothing unacked."""
    deadline = time.monotonic() + _EMPTY
    while True:
        depths = await stage.site.depths()
        left = {name: depth for name, depth in depths.items() if depth != (0, 0)}
        if not left:
            return
        if time.monotonic() > deadline:
            stage.violations.append(f"left in queues, (ready, unacked): {left}")
            return
        await asyncio.sleep(0.3)


async def _check_flat(stage: Stage, hand: Hand) -> None:
    """Note a violation if a worker that has nothing to do has more tasks than at its start."""
    if not hand.alive:
        return
    stage.resident.append(hand.run.resident_bytes)
    if hand.calm_tasks is None:
        return
    deadline = time.monotonic() + _EMPTY
    while (tasks := await hand.tasks()) > hand.calm_tasks + _SPARE_TASKS:
        if time.monotonic() > deadline:
            stage.violations.append(f"{hand.name} has {tasks} tasks, {hand.calm_tasks} at first")
            return
        await asyncio.sleep(0.5)


async def _end(stage: Stage, hand: Hand) -> None:
    if not await hand.end():
        stage.violations.append(f"{hand.name} did not end in time after SIGTERM")
    await stage.crew.dismiss(hand)
