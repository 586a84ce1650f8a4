"""The console, put together."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from routing.table import RoutingTable
from worker.console.console import Console
from worker.console.console_token import ConsoleToken
from worker.console.doorman import SET_A_TOKEN, Doorman
from worker.console.events import Events
from worker.console.explaining import Explaining
from worker.console.table_json import table_json
from worker.log import Log
from worker.overview.lookout import Lookout
from worker.overview.report import Report
from worker.pipeline.pipeline import Limits
from worker.service.readiness import Readiness
from worker.settings import Settings

_LINGER = 600.0
"""Seconds for which it goes on listening when nobody looks: who comes back finds the history."""


def open_console(
    settings: Settings,
    readiness: Readiness,
    own: Callable[[], Report],
    table: Callable[[], RoutingTable],
    log: Log,
) -> Console | None:
    """Return the console of this worker, None if it is switched off.

    `own` makes a report of this process, `table` returns the table in use.
    """
    if settings.http is None or not settings.console:
        return None
    lookout = Lookout(settings, own, linger=_LINGER)
    file = settings.console_token_file
    doorman = Doorman(settings.http[0], ConsoleToken(Path(file)) if file else None)
    if not doorman.lets_anybody_in:
        log.info("the console is closed", why=SET_A_TOKEN)
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)

    async def tell_table() -> dict[str, Any]:
        return await asyncio.to_thread(table_json, table(), settings)

    return Console(
        doorman,
        Events(lookout, lambda: readiness.draining),
        Explaining(limits, settings.prefix, table),
        tell_table,
        log,
    )
