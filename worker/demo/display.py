"""Where the demo is shown: live on a terminal, line by line anywhere else."""

import asyncio
import time

from rich.console import Console
from rich.live import Live

from worker.demo.scene import Scene
from worker.demo.verdict import Verdict
from worker.demo.view import live_view, progress_line, summary

_FRAME = 0.2
_LINE = 1.0


class Display:
    """Shows a demo on a console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        """Show one line about what is going on."""
        self._console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)

    async def follow(self, scene: Scene) -> None:
        """Show the scene as it changes, until cancelled."""
        if self._console.is_terminal:
            await self._follow_live(scene)
        else:
            await self._follow_in_lines(scene)

    def conclude(self, scene: Scene, verdict: Verdict) -> None:
        """Show how it went."""
        self._console.print(summary(scene, verdict), soft_wrap=True)

    async def _follow_live(self, scene: Scene) -> None:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(live_view(scene, time.monotonic()), refresh=True)
                await asyncio.sleep(_FRAME)

    async def _follow_in_lines(self, scene: Scene) -> None:
        while True:
            await asyncio.sleep(_LINE)
            line = progress_line(scene, time.monotonic())
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
