"""How long the broker has taken no publishes."""

import asyncio
import time

from worker.service.readiness import Readiness

_INTERVAL = 0.5


async def count_blocked_time(readiness: Readiness) -> None:
    """Add to `figures.blocked_seconds` while publishing is blocked, half a second at a time."""
    last = time.monotonic()
    while True:
        await asyncio.sleep(_INTERVAL)
        now = time.monotonic()
        if readiness.blocked:
            readiness.figures.blocked_seconds += now - last
        last = now
