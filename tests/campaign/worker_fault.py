"""What befalls workers."""

import asyncio
import random
import signal
import time

from tests.campaign.crew import Hand
from tests.campaign.gate import Step, Trap
from tests.campaign.stage import FaultMissed, Kind, Stage

_MOST = 4
_SPRUNG_WITHIN = 10.0
_AT_ONCE = 0.1


async def _kill(stage: Stage, rng: random.Random) -> None:
    hand = stage.some_hand(rng)
    hand.kill()
    await _replace(stage, rng, hand)


def _kill_at(step: Step) -> Kind:
    async def cause(stage: Stage, rng: random.Random) -> None:
        hand = stage.some_hand(rng, busy=True)
        after = rng.choice((1, 2, rng.randint(1, 300)))
        for gate in hand.gates:
            gate.trap = Trap(step, after, hand.kill)
        if await hand.gone(_SPRUNG_WITHIN) is None:
            for gate in hand.gates:
                gate.trap = None
            raise FaultMissed
        await _replace(stage, rng, hand)

    return Kind(f"worker killed: {step.value}", cause, weight=0.7)


async def _freeze(stage: Stage, rng: random.Random) -> None:
    """Stop one from running for a while, as a machine that is moved does."""
    hand = stage.some_hand(rng)
    seconds = rng.choice((rng.uniform(0.5, 8.0), rng.uniform(0.5, 8.0), 30.0))
    hand.frozen_until = max(hand.frozen_until, time.monotonic() + seconds)
    hand.run.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    if hand.alive and hand.frozen_for < _AT_ONCE:
        hand.run.signal(signal.SIGCONT)


async def _drain(stage: Stage, rng: random.Random) -> None:
    """End one in order and hire another: as a rolling update does, or its careless brother."""
    hand = stage.some_hand(rng)
    if rng.random() < 0.5:
        await stage.crew.ready(await stage.crew.hire())
    await _end(stage, hand)
    if len(stage.crew.hands) == 0 or rng.random() < 0.5:
        await stage.crew.hire()


async def _join(stage: Stage, _rng: random.Random) -> None:
    if len(stage.crew.hands) >= _MOST:
        raise FaultMissed
    await stage.crew.hire()


async def _leave(stage: Stage, rng: random.Random) -> None:
    if len(stage.crew.hands) < 2:
        raise FaultMissed
    await _end(stage, stage.some_hand(rng))


async def _end(stage: Stage, hand: Hand) -> None:
    if not await hand.end():
        stage.violations.append(f"{hand.name} did not end in time after SIGTERM")
    await stage.crew.dismiss(hand)


async def _replace(stage: Stage, rng: random.Random, hand: Hand) -> None:
    await hand.gone()
    await asyncio.sleep(rng.choice((0.0, rng.uniform(0.0, 2.0))))
    await stage.crew.replace(hand)


KINDS = (
    Kind("worker killed", _kill),
    *(_kill_at(step) for step in Step),
    Kind("worker frozen", _freeze, weight=1),
    Kind("worker drained", _drain, weight=3),
    Kind("worker joined", _join),
    Kind("worker left", _leave),
)
