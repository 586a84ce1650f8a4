"""1, then 4, then 2 workers under load: who does how much, and how soon after joining."""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.broker.service import eventually
from tests.campaign.closing import close_stage
from tests.campaign.conversation import QUEUES, STRONG
from tests.campaign.crew import Hand
from tests.campaign.opening import open_stage
from tests.campaign.progress import Progress
from tests.campaign.release import Release
from tests.campaign.schedule import draw
from tests.campaign.stage import Stage
from tests.campaign.verdict import ledger_problems

_PHASE = 12.0
_TICK = 3.0
_HELD = 6.0
_JOINED_WITHIN = 30.0


def show_elasticity(release: Release, progress: Progress, *, held: bool) -> int:
    """Print each worker's share over time; return 0 if nothing was lost or reordered.

    `held`: a model queue refuses while workers join and leave, so that deliveries are held.
    """
    directory = Path(tempfile.mkdtemp(prefix="pointsman-elasticity-"))
    return asyncio.run(_show(release, directory, progress, held=held))


async def _show(release: Release, directory: Path, progress: Progress, *, held: bool) -> int:
    settings = {"turns_single_active": "true", "turns_max_length": "400", "prefetch": "50"}
    drawn = draw(1, kinds=(), nodes=1)
    schedule = replace(drawn, workers=1, observed=False, backlog=1500, settings=settings)
    async with open_stage(schedule, release.installation, directory, progress.now) as stage:
        shares = asyncio.ensure_future(_tell_shares(stage))
        await asyncio.sleep(_PHASE)
        with_held = _hold(stage) if held else asyncio.sleep(0)
        await asyncio.gather(with_held, _join(stage, 3))
        await asyncio.sleep(_PHASE)
        with_held = _hold(stage) if held else asyncio.sleep(0)
        await asyncio.gather(with_held, _leave(stage, 2))
        await asyncio.sleep(_PHASE)
        shares.cancel()
        await close_stage(stage)
    problems = [*stage.violations, *ledger_problems(stage.ledger), *stage.crew.surprises()]
    sys.stdout.write(
        f"{stage.ledger.distinct:,} messages, {stage.ledger.repeats} repeats,"
        f" {len(stage.ledger.lost)} lost, {stage.ledger.reorders.count} reordered\n"
    )
    for problem in problems:
        sys.stdout.write(f"FAILED {problem}\n")
    return 1 if problems else 0


async def _hold(stage: Stage) -> None:
    """Let a model queue refuse for a while."""
    runner = stage.runners[QUEUES[STRONG]]
    runner.stall()
    await asyncio.sleep(_HELD)
    runner.resume()


async def _join(stage: Stage, count: int) -> None:
    hands = [await stage.crew.hire() for _ in range(count)]
    await asyncio.gather(*(_tell_first(stage, hand) for hand in hands))


async def _tell_first(stage: Stage, hand: Hand) -> None:
    await stage.crew.ready(hand)
    since = time.monotonic()
    try:
        await eventually(lambda: hand.traffic.deliveries, "it gets something", _JOINED_WITHIN)
    except AssertionError:
        sys.stdout.write(f"{hand.name} joined: gets nothing\n")
    else:
        seconds = time.monotonic() - since
        sys.stdout.write(f"{hand.name} joined: first delivery after {seconds:.1f} s\n")


async def _leave(stage: Stage, count: int) -> None:
    for hand in stage.crew.hands[:count]:
        since = time.monotonic()
        if not await hand.end():
            stage.violations.append(f"{hand.name} did not end in time")
        sys.stdout.write(f"{hand.name} left after {time.monotonic() - since:.1f} s\n")
        await stage.crew.dismiss(hand)


async def _tell_shares(stage: Stage) -> None:
    """Print every few seconds how many deliveries each worker had meanwhile."""
    start, before = time.monotonic(), Counter[str]()
    while True:
        await asyncio.sleep(_TICK)
        now = Counter({hand.name: hand.traffic.deliveries for hand in stage.crew.everybody})
        got = now - before
        before = now
        shares = "  ".join(f"{name} {100 * got[name] / got.total():3.0f} %" for name in sorted(got))
        rate = got.total() / _TICK
        sys.stdout.write(f"{time.monotonic() - start:5.0f} s  {rate:6,.0f}/s  {shares}\n")
        sys.stdout.flush()
