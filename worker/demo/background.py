"""Work that goes on beside other work, and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def in_background(
    work: Coroutine[Any, Any, None], on_end: Callable[[], None] | None = None
) -> AsyncIterator[None]:
    """Run `work` while the block runs, then cancel it; what it raised is raised at the end.

    `on_end` is called if it ends by itself.
    """
    task = asyncio.create_task(work)
    if on_end is not None:
        task.add_done_callback(lambda task: None if task.cancelled() else on_end())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
