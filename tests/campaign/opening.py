"""How a trial begins: broker, workers, feeder and runners, all in full swing."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.broker.service import COMMAND
from tests.campaign.conversation import DEAD, QUEUES, Conversation
from tests.campaign.crew import OBSERVED, Crew
from tests.campaign.feeder import Feeder
from tests.campaign.ledger import Ledger
from tests.campaign.runner import Runner
from tests.campaign.schedule import Schedule
from tests.campaign.site import Site
from tests.campaign.stage import Stage
from worker.demo.rabbitmq_installation import RabbitmqInstallation

Say = Callable[[str], None]


@asynccontextmanager
async def open_stage(
    schedule: Schedule,
    installation: RabbitmqInstallation,
    directory: Path,
    say: Say,
    command: Sequence[str] = COMMAND,
) -> AsyncIterator[Stage]:
    """Start everything but the faults; behind the block nothing is left but the workers' logs.

    `command` runs instead of the installed `pointsman`.
    """
    rng = random.Random(f"trial {schedule.seed}")
    site = await Site.open(installation, f"canary-{rng.getrandbits(48):012x}", schedule.nodes)
    if schedule.observed and command is COMMAND:
        command = OBSERVED
    crew = Crew(site, directory, schedule.settings, rng, command)
    ledger = Ledger()
    conversations = [Conversation(number, rng) for number in range(schedule.conversations)]
    feeder = Feeder(site.urls, conversations, ledger, schedule.backlog, rng)
    runners = {
        name: Runner(name, site.urls, ledger, site.depths) for name in (*QUEUES.values(), DEAD)
    }
    stage = Stage(site, crew, ledger, feeder, runners)
    progress = asyncio.ensure_future(_tell(stage, say))
    try:
        await _start(stage, schedule)
        yield stage
        site.keep_logs(directory)
    finally:
        progress.cancel()
        await feeder.close()
        for runner in runners.values():
            await runner.close()
        await crew.close()
        await site.close()


async def _start(stage: Stage, schedule: Schedule) -> None:
    """Start the first worker, which declares the queues, then everybody else."""
    first = await stage.crew.hire()
    await stage.crew.ready(first)
    await stage.crew.note_calm(first)
    stage.site.note_declaration()
    for runner in stage.runners.values():
        runner.start()
    stage.feeder.start()
    others = [await stage.crew.hire() for _ in range(schedule.workers - 1)]
    for hand in others:
        await stage.crew.ready(hand)
    await stage.site.wait_settled()


async def _tell(stage: Stage, say: Say) -> None:
    """Say how it goes, once a second."""
    start = time.monotonic()
    while True:
        await asyncio.sleep(1.0)
        ledger = stage.ledger
        alive = sum(hand.alive for hand in stage.crew.hands)
        now = Counter(stage.active)
        say(
            f"{time.monotonic() - start:4.0f} s  confirmed {len(ledger.confirmed):6,}"
            f"  jobs {ledger.jobs:6,}  backlog {ledger.backlog:5,}  workers {alive}"
            f"  {', '.join(sorted(now)) or 'quiet'}"
        )
