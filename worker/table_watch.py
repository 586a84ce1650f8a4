"""Hears of changes to the table file."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from watchfiles import awatch

from worker.file_mark import FileMark, file_mark, folders_of

# In milliseconds. A change is told once nothing has happened for a step, or after the longest wait
# where things happen all the time, as they do in a folder that logs are written to.
_STEP, _LONGEST_WAIT = 50, 200
# Without any word from the system the file is looked at this often: a folder may have come back
# under its name, and a network's file system may tell nothing.
_LOOK = 2000


async def changes(path: Path, seen: FileMark | None) -> AsyncGenerator[None, None]:
    """Yield every time the file may have become another than the one with the mark `seen`.

    Its folders are watched, not the file: a file that is replaced is another one. Ends only when it
    is cancelled.
    """
    while True:
        folders = folders_of(path)
        async with aclosing(_looks(folders)) as looks:
            async for _ in looks:
                if (mark := file_mark(path)) != seen:
                    seen = mark
                    yield
                if folders_of(path) != folders:
                    break


async def _looks(folders: tuple[Path, ...]) -> AsyncGenerator[None, None]:
    """Yield whenever something has happened in the folders, or nothing for long."""
    watching = awatch(
        *folders,
        watch_filter=None,
        recursive=False,
        debounce=_LONGEST_WAIT,
        step=_STEP,
        rust_timeout=_LOOK,
        yield_on_timeout=True,
    )
    try:
        async with aclosing(watching):
            async for _ in watching:
                yield
    except (OSError, RuntimeError):
        # A folder that is gone again, or no more watches to be had on this machine.
        await asyncio.sleep(_LOOK / 1000)
        yield
