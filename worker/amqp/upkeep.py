"""What keeps a link in order, beside it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Upkeep:
    """Tasks that go on for as long as a link is open; `lose` hears if one of them fails.

    What a failed one looked after would stand still otherwise, and nobody would hear of it.
    """

    def __init__(self, lose: Callable[[str], None]) -> None:
        self._lose = lose
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Have work done in the background, until it ends or `end` is called."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_end)

    def end(self) -> None:
        """Cancel what is not done."""
        for task in self._tasks:
            task.cancel()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            context = {"message": "upkeep of a link failed", "exception": error, "task": task}
            self._loop.call_exception_handler(context)
            self._lose(f"{type(error).__name__} in its upkeep")
