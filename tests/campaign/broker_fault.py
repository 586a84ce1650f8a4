"""What befalls a broker."""

import asyncio
import random

from tests.campaign.stage import Kind, Stage


async def _kill(stage: Stage, rng: random.Random) -> None:
    async with stage.site.busy:
        await stage.site.kill()
        await asyncio.sleep(rng.uniform(0.0, 2.0))
        await stage.site.start()
        await stage.measure_recovery()


async def _restart(stage: Stage, rng: random.Random) -> None:
    async with stage.site.busy:
        await stage.site.stop()
        await asyncio.sleep(rng.uniform(0.0, 2.0))
        await stage.site.start()
        await stage.measure_recovery()


KINDS = (
    Kind("broker killed", _kill, weight=3),
    Kind("broker restarted", _restart),
)
