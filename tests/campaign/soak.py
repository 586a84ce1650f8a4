"""One worker process, very many messages, and many lost connections: does anything grow?"""

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.campaign.closing import close_stage
from tests.campaign.crew import Hand
from tests.campaign.opening import open_stage
from tests.campaign.progress import Progress
from tests.campaign.release import Release
from tests.campaign.schedule import draw
from tests.campaign.stage import Stage
from tests.campaign.verdict import ledger_problems

_SAMPLES = 20
_GROWTH = 1.10
_PATIENCE = 60.0


def soak(messages: int, reconnects: int, release: Release, progress: Progress) -> int:
    """Print how memory went; return 0 if at the end it is within 10 % of the first sample."""
    directory = Path(tempfile.mkdtemp(prefix="pointsman-soak-"))
    return asyncio.run(_soak(messages, reconnects, release, directory, progress))


async def _soak(
    messages: int, reconnects: int, release: Release, directory: Path, progress: Progress
) -> int:
    settings = {"turns_single_active": "true"}
    drawn = draw(1, kinds=(), nodes=1)
    schedule = replace(drawn, workers=1, observed=True, backlog=1500, settings=settings)
    resident: list[int] = []
    async with open_stage(schedule, release.installation, directory, progress.now) as stage:
        hand = stage.crew.hands[0]
        start = time.monotonic()
        for number in range(1, reconnects + 1):
            await _until(stage, messages * number // reconnects)
            hand.gates[0].reset()
            if number % (reconnects // _SAMPLES or 1) == 0:
                resident.append(await _sample(stage, hand, start))
        await close_stage(stage)
    problems = [*stage.violations, *ledger_problems(stage.ledger)]
    growth = resident[-1] / resident[0]
    if growth > _GROWTH:
        problems.append(f"memory grew by {growth - 1:.0%}")
    sys.stdout.write(
        f"{stage.ledger.distinct:,} messages, {reconnects} lost connections,"
        f" {hand.traffic.redeliveries:,} redelivered, {stage.ledger.repeats:,} repeats,"
        f" {len(stage.ledger.lost)} lost, {stage.ledger.reorders.count} reordered;"
        f" memory {resident[0] / 2**20:.0f} MiB after {messages // _SAMPLES:,},"
        f" {resident[-1] / 2**20:.0f} MiB at the end\n"
    )
    for problem in problems:
        sys.stdout.write(f"FAILED {problem}\n")
    return 1 if problems else 0


async def _until(stage: Stage, distinct: int) -> None:
    """Return once that many messages have come out."""
    seen, moved = -1, time.monotonic()
    while stage.ledger.distinct < distinct:
        if seen != (seen := stage.ledger.distinct):
            moved = time.monotonic()
        assert time.monotonic() - moved < _PATIENCE, "nothing comes out any more"
        await asyncio.sleep(0.05)


async def _sample(stage: Stage, hand: Hand, start: float) -> int:
    seen = await hand.observe()
    resident = hand.run.resident_bytes
    rate = stage.ledger.distinct / (time.monotonic() - start)
    sys.stdout.write(
        f"{stage.ledger.distinct:10,} messages  {rate:6,.0f}/s  {resident / 2**20:6.1f} MiB"
        f"  {seen['tasks']:4} tasks  large: {', '.join(seen['large'])}\n"
    )
    sys.stdout.flush()
    return resident
