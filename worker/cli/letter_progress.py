"""How far a command is with the letters, on standard error where that is a terminal."""

import sys
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue
    from worker.dead.read_letters import Found

_EVERY = 0.1  # seconds


async def shown_letters(queue: "DeadQueue", doing: str) -> AsyncIterator["Found"]:
    """Yield the letters of an open queue; `doing` says what is done, such as `looking at`."""
    from worker.dead.read_letters import read_letters  # noqa: PLC0415

    letters = read_letters(queue)
    if not sys.stderr.isatty():
        async for found in letters:
            yield found
        return
    shown, count = 0.0, 0
    with Console(stderr=True).status("") as status:
        async for found in letters:
            count += 1
            if (now := time.monotonic()) - shown > _EVERY:
                shown = now
                status.update(f"{doing} {count:,} of {queue.waiting:,} letters")
            yield found
