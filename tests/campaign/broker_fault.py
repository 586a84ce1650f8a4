"""What befalls a broker."""

import asyncio
import random
import time

from tests.campaign.crew import Hand
from tests.campaign.site import USER
from tests.campaign.stage import FaultMissed, Kind, Stage
from worker.demo.node_directory import MEMORY_LIMIT

NOTICED_WITHIN = 35.0
_AUTH_TIMEOUT = 5.0
_EXITED_WITHIN = _AUTH_TIMEOUT + 15.0
_REFUSED = 3


async def _kill(stage: Stage, rng: random.Random) -> None:
    async with stage.site.busy:
        node = stage.site.some_node(rng)
        await stage.site.kill(node)
        await asyncio.sleep(rng.uniform(0.0, 2.0))
        await stage.site.start(node)
        await stage.measure_recovery()


async def _kill_leader(stage: Stage, rng: random.Random) -> None:
    """Crash the node that leads a partition, and see how long nothing is delivered."""
    async with stage.site.busy:
        partitions = [name for name in await stage.site.depths() if name.startswith("inbound.")]
        node = await stage.site.leader(rng.choice(sorted(partitions)))
        if node is None:
            raise FaultMissed
        await stage.site.kill(node)
        await stage.measure_gap()
        await asyncio.sleep(rng.uniform(0.0, 4.0))
        await stage.site.start(node)


async def _restart(stage: Stage, rng: random.Random) -> None:
    async with stage.site.busy:
        node = stage.site.some_node(rng)
        await stage.site.stop(node)
        await asyncio.sleep(rng.uniform(0.0, 2.0))
        await stage.site.start(node)
        await stage.measure_recovery()


async def _freeze(stage: Stage, rng: random.Random) -> None:
    async with stage.site.busy:
        node = stage.site.some_node(rng)
        await stage.site.freeze(node)
        try:
            await asyncio.sleep(rng.uniform(0.5, 8.0))
        finally:
            await stage.site.thaw(node)


async def _freeze_long(stage: Stage, _rng: random.Random) -> None:
    """Freeze until every worker has noticed."""
    async with stage.site.busy:
        node = stage.site.nodes[0]
        await stage.site.freeze(node)
        try:
            await stage.measure_notices(stage.crew.hands, NOTICED_WITHIN)
        finally:
            await stage.site.thaw(node)
        await stage.measure_recovery()


async def _close_connections(stage: Stage, _rng: random.Random) -> None:
    await stage.site.control("close_all_connections", "--global", "closed by the campaign")


async def _memory_alarm(stage: Stage, rng: random.Random) -> None:
    await stage.site.control("set_vm_memory_high_watermark", "0.0001")
    await asyncio.sleep(rng.uniform(1.0, 6.0))
    await stage.site.operate("set_vm_memory_high_watermark", "absolute", MEMORY_LIMIT)


async def _disk_alarm(stage: Stage, rng: random.Random) -> None:
    await stage.site.control("set_disk_free_limit", "900000GB")
    await asyncio.sleep(rng.uniform(1.0, 6.0))
    await stage.site.operate("set_disk_free_limit", "50MB")


async def _change_password(stage: Stage, _rng: random.Random) -> None:
    """Change it until every worker has given up, change it back, and hire as many again."""
    site, crew = stage.site, stage.crew
    hands = list(crew.hands)
    for hand in hands:
        hand.expect(_REFUSED)
    await site.operate("change_password", USER, "another")
    try:
        since = time.monotonic()
        await site.operate("close_all_connections", "--global", "the password was changed")

        async def end(hand: Hand) -> int | None:
            code = await hand.gone(_EXITED_WITHIN)
            if code is not None:
                stage.exits.append(time.monotonic() - since)
            return code

        codes = await asyncio.gather(*map(end, hands))
    finally:
        await site.operate("change_password", USER, site.password)
    for hand, code in zip(hands, codes, strict=True):
        said = hand.run.complaints
        if code is None:
            stage.violations.append(f"{hand.name} still runs with a password that was changed")
            continue
        if len(said) != 1 or "cannot connect" not in said[0]:
            stage.violations.append(f"{hand.name} did not say in one line why it ended: {said}")
        await crew.replace(hand)


KINDS = (
    Kind("broker killed", _kill, weight=4),
    Kind("broker restarted", _restart),
    Kind("broker frozen", _freeze),
    Kind("broker frozen for long", _freeze_long, weight=0.25, clustered=False),
    Kind("leader killed", _kill_leader, weight=6, clustered=True),
    Kind("connections closed", _close_connections),
    Kind("memory alarm", _memory_alarm),
    Kind("disk alarm", _disk_alarm),
    Kind("password changed", _change_password, weight=0.4, alone=True),
)
