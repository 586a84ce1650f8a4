"""One trial: a schedule carried out on a real broker with real workers, and its verdict."""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

from tests.broker.service import COMMAND
from tests.campaign.closing import close_stage
from tests.campaign.fault import KINDS
from tests.campaign.opening import Say, open_stage
from tests.campaign.result import Result
from tests.campaign.schedule import Event, Schedule
from tests.campaign.stage import FaultMissed, Stage
from tests.campaign.verdict import problems_of, worker_doubts
from worker.demo.control_command import ControlCommandFailed
from worker.demo.rabbitmq_installation import RabbitmqInstallation


async def run_trial(
    schedule: Schedule,
    broker: str,
    installation: RabbitmqInstallation,
    directory: Path,
    say: Say,
    command: Sequence[str] = COMMAND,
) -> Result:
    """Carry out a schedule; what broker and workers logged stays in `directory`.

    `command` runs instead of the installed `pointsman`.
    """
    async with open_stage(schedule, installation, directory, say, command) as stage:
        try:
            await _befall(stage, schedule)
            await close_stage(stage)
        except AssertionError as error:  # something that had to happen did not
            stage.violations.append(f"broken off: {error}")
    return _result(schedule, broker, stage, directory)


async def _befall(stage: Stage, schedule: Schedule) -> None:
    """Let everything happen, each fault at its time, until all of it is over."""
    start = time.monotonic()

    async def happen(event: Event) -> None:
        await asyncio.sleep(start + event.at - time.monotonic())
        kind = KINDS[event.kind]
        async with stage.during(kind):
            try:
                await kind.cause(stage, random.Random(event.seed))
            except (FaultMissed, ControlCommandFailed):
                stage.missed[event.kind] += 1
            else:
                stage.faults[event.kind] += 1

    await asyncio.gather(*(happen(event) for event in schedule.events))
    await asyncio.sleep(start + schedule.seconds - time.monotonic())


def _result(schedule: Schedule, broker: str, stage: Stage, directory: Path) -> Result:
    ledger = stage.ledger
    traffic = [hand.traffic for hand in stage.crew.everybody]
    result = Result(
        seed=schedule.seed,
        broker=broker,
        nodes=schedule.nodes,
        seconds=schedule.seconds,
        workers=schedule.workers,
        attempts=ledger.attempts,
        confirmed=len(ledger.confirmed),
        in_doubt=ledger.in_doubt + worker_doubts(directory),
        deliveries=sum(each.deliveries for each in traffic),
        redeliveries=sum(each.redeliveries for each in traffic),
        jobs=ledger.jobs,
        distinct=ledger.distinct,
        dead=dict(ledger.reasons),
        lost=len(ledger.lost),
        phantom=ledger.phantoms.count,
        reordered=ledger.reorders.count,
        repeats=ledger.repeats,
        faults=dict(stage.faults),
        missed=dict(stage.missed),
        recoveries=[round(each, 2) for each in stage.recoveries],
        notices=[round(each, 2) for each in stage.notices],
        gaps=[round(each, 2) for each in stage.gaps],
        awakenings=[round(each, 2) for each in stage.awakenings],
        exits=[round(each, 2) for each in stage.exits],
        runner_reconnects=sum(each.reconnects for each in stage.runners.values()),
        kinds=schedule.kinds,
        resident=stage.resident,
    )
    result.problems.extend(problems_of(result, stage, directory))
    return result
