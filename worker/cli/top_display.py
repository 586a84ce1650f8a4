"""Where `top` is shown, for as long as it runs: on a terminal, or a line of JSON a second."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import Any

from rich.console import Console
from rich.live import Live

from worker.cli.quit_key import quit_key
from worker.cli.top_view import picture
from worker.overview.overview import Overview


async def follow(source: AsyncGenerator[Overview, None]) -> None:
    """Show overviews on the terminal, one in the place of the other, until q or Ctrl-C."""
    await _until_stopped(_follow(source, Console(highlight=False)))


async def write_lines(source: AsyncGenerator[Overview, None]) -> None:
    """Write each overview as a line of JSON, until Ctrl-C."""
    await _until_stopped(_write_lines(source))


async def _follow(source: AsyncGenerator[Overview, None], console: Console) -> None:
    console.print("Listening for workers …", style="dim")
    with Live(console=console, auto_refresh=False, screen=True) as live:
        async with aclosing(source) as overviews:
            async for overview in overviews:
                width, height = console.size
                live.update(picture(overview, width, height), refresh=True)


async def _write_lines(source: AsyncGenerator[Overview, None]) -> None:
    async with aclosing(source) as overviews:
        async for overview in overviews:
            sys.stdout.write(json.dumps(overview.to_json(), ensure_ascii=False) + "\n")
            sys.stdout.flush()


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()

    def stop() -> None:
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    with quit_key(stop), suppress(asyncio.CancelledError):
        await task
