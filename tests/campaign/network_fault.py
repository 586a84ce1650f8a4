"""What befalls the network between a worker and its broker."""

import asyncio
import random
import time

from tests.campaign.broker_fault import NOTICED_WITHIN
from tests.campaign.gate import Step, Trap
from tests.campaign.stage import FaultMissed, Kind, Stage

_SPRUNG_WITHIN = 10.0
_SWALLOWED_WITHIN = 45.0
"""The watchdog's patience, two of its rounds, and some time to reconnect."""


async def _reset(stage: Stage, rng: random.Random) -> None:
    for gate in stage.some_hand(rng).gates:
        gate.reset()


async def _cut(stage: Stage, rng: random.Random) -> None:
    """Reset one connection in the middle of a frame, a few times over."""
    hand = stage.some_hand(rng, busy=True)
    for _ in range(rng.randint(1, 3)):
        hand.change_weather(cut_next=True)
        await asyncio.sleep(rng.uniform(0.1, 1.0))
    hand.change_weather(cut_next=False)


async def _stall(stage: Stage, rng: random.Random) -> None:
    hand = stage.some_hand(rng)
    hand.change_weather(stalled=True)
    await asyncio.sleep(rng.uniform(0.5, 8.0))
    hand.change_weather(stalled=False)


async def _stall_one(stage: Stage, rng: random.Random) -> None:
    """Let nothing pass over one of a worker's connections for a while, then reset it."""
    for gate in stage.some_hand(rng, busy=True).gates:
        await gate.stall_one(rng.uniform(0.5, 8.0))


async def _stall_long(stage: Stage, rng: random.Random) -> None:
    """Let nothing pass until the worker has noticed."""
    hand = stage.some_hand(rng)
    hand.change_weather(stalled=True)
    await stage.measure_notices([hand], NOTICED_WITHIN)
    hand.change_weather(stalled=False)


async def _dribble(stage: Stage, rng: random.Random) -> None:
    hand = stage.some_hand(rng)
    hand.change_weather(dribbling=True)
    await asyncio.sleep(rng.uniform(1.0, 3.0))
    hand.change_weather(dribbling=False)


def _lose_at(step: Step) -> Kind:
    """Return the fault that a connection, or all of a worker's, are lost at a step."""

    async def cause(stage: Stage, rng: random.Random) -> None:
        hand = stage.some_hand(rng, busy=True)
        traps = [Trap(step, rng.choice((1, 2, rng.randint(1, 300)))) for _ in hand.gates]
        everything = rng.random() < 0.5
        for gate, trap in zip(hand.gates, traps, strict=True):
            trap.all_connections = everything
            gate.trap = trap
        deadline = time.monotonic() + _SPRUNG_WITHIN
        while all(gate.trap is trap for gate, trap in zip(hand.gates, traps, strict=True)):
            if time.monotonic() > deadline or not hand.alive:
                for gate in hand.gates:
                    gate.trap = None
                raise FaultMissed
            await asyncio.sleep(0.05)
        for gate in hand.gates:
            gate.trap = None

    return Kind(f"connection lost: {step.value}", cause, weight=0.6)


async def _swallow(stage: Stage, rng: random.Random) -> None:
    """Let all pass but deliveries: to the worker all looks well, but for what waits.

    One that has suspected as much before has more patience now than a trial has time.
    """
    hand = stage.some_hand(rng, busy=True)
    wary = bool(hand.run.logged("stuck"))
    for gate in hand.gates:
        gate.mute()
    since, begun = time.monotonic(), stage.begun
    deadline = since + _SWALLOWED_WITHIN
    while hand.alive and any(gate.muted for gate in hand.gates):
        if time.monotonic() > deadline:
            if not wary:
                stage.violations.append(f"{hand.name} did not notice that it gets nothing")
            for gate in hand.gates:
                gate.reset()
            return
        await asyncio.sleep(0.1)
    if hand.alive and not wary and begun == stage.begun and len(stage.active) == 1:
        stage.awakenings.append(time.monotonic() - since)


KINDS = (
    Kind("network reset", _reset),
    Kind("network cut in a frame", _cut),
    *(_lose_at(step) for step in Step),
    Kind("network stalled", _stall),
    Kind("one connection stalled", _stall_one),
    Kind("network stalled for long", _stall_long, weight=0.25),
    Kind("deliveries swallowed", _swallow, weight=0.4),
    Kind("network in few bytes", _dribble, weight=1),
)
