"""One trial: a schedule carried out on a real broker with real workers, and its verdict."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.broker.service import COMMAND
from tests.campaign.conversation import DEAD, QUEUES, Conversation
from tests.campaign.crew import OBSERVED, Crew, Hand
from tests.campaign.fault import KINDS
from tests.campaign.feeder import Feeder
from tests.campaign.ledger import Ledger
from tests.campaign.result import Result
from tests.campaign.runner import Runner
from tests.campaign.schedule import Event, Schedule
from tests.campaign.site import Site
from tests.campaign.stage import FaultMissed, Stage
from tests.campaign.verdict import problems_of, worker_doubts
from worker.demo.control_command import ControlCommandFailed
from worker.demo.rabbitmq_installation import RabbitmqInstallation

Say = Callable[[str], None]

_READY = 30.0
_QUIET = 5.0
_SPARE_TASKS = 2
_DRAIN = 90.0
"""Seconds without any progress, after the last fault, until what is missing counts as lost."""


async def run_trial(
    schedule: Schedule,
    broker: str,
    installation: RabbitmqInstallation,
    directory: Path,
    say: Say,
    command: Sequence[str] = COMMAND,
) -> Result:
    """Carry out a schedule; the workers' logs stay in `directory`.

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
    runners = {name: Runner(name, site.urls, ledger) for name in (*QUEUES.values(), DEAD)}
    stage = Stage(site, crew, ledger, feeder, runners, say)
    progress = asyncio.ensure_future(_tell(stage))
    try:
        await _open(stage, schedule)
        await _befall(stage, schedule)
        await _settle(stage)
        site.keep_logs(directory)
        return _result(schedule, broker, stage, directory)
    finally:
        progress.cancel()
        await feeder.close()
        for runner in runners.values():
            await runner.close()
        await crew.close()
        await site.close()


async def _open(stage: Stage, schedule: Schedule) -> None:
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


async def _settle(stage: Stage) -> None:
    """Heal everything, let the backlog flow off, and end the workers in order."""
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
    moved, before = time.monotonic(), -1
    while ledger.backlog and time.monotonic() - moved < _DRAIN:
        if before != (before := ledger.backlog):
            moved = time.monotonic()
        await asyncio.sleep(0.1)
        quiet = time.monotonic() - moved
        if quiet > _QUIET and not any(map(any, (await stage.site.depths()).values())):
            return


async def _check_rest(stage: Stage) -> None:
    """Note a violation unless every queue becomes empty, with nothing unacked."""
    deadline = time.monotonic() + 15.0
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
    deadline = time.monotonic() + 10.0
    while (tasks := await hand.tasks()) > hand.calm_tasks + _SPARE_TASKS:
        if time.monotonic() > deadline:
            stage.violations.append(f"{hand.name} has {tasks} tasks, {hand.calm_tasks} at first")
            return
        await asyncio.sleep(0.5)


async def _end(stage: Stage, hand: Hand) -> None:
    if not await hand.end():
        stage.violations.append(f"{hand.name} did not end in time after SIGTERM")
    await stage.crew.dismiss(hand)


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
        kinds=schedule.kinds,
        resident=stage.resident,
    )
    result.problems.extend(problems_of(result, stage, directory))
    return result


async def _tell(stage: Stage) -> None:
    """Say how it goes, once a second."""
    start = time.monotonic()
    while True:
        await asyncio.sleep(1.0)
        ledger = stage.ledger
        alive = sum(hand.alive for hand in stage.crew.hands)
        now = Counter(stage.active)
        stage.say(
            f"{time.monotonic() - start:4.0f} s  confirmed {len(ledger.confirmed):6,}"
            f"  jobs {ledger.jobs:6,}  backlog {ledger.backlog:5,}  workers {alive}"
            f"  {', '.join(sorted(now)) or 'quiet'}"
        )
