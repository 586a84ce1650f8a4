"""The service in this process, on a real broker: so that a defence can be taken away from it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import routing.origin
import worker.serve
from routing.decide import Router
from tests.broker.attacks.every import REMOVALS
from tests.broker.attacks.table import KEYS
from tests.broker.service import eventually
from worker.config_file import load_config
from worker.log import open_log
from worker.service.service import Service
from worker.signing_keys import SigningKeys
from worker.table_source import TableSource


@asynccontextmanager
async def worker_without(
    defence: str | None, url: str, table: Path
) -> AsyncIterator[Callable[[], int]]:
    """Route in the block, without this defence; what it gives says how many deliveries ended."""
    services: list[Service] = []

    class Remembered(Service):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            services.append(self)

    flags = {"amqp_url": url, "http": "none"}
    loaded = load_config(table, {})
    source = TableSource(
        table, loaded, loaded.settings(flags, {}), flags, {}, keys=SigningKeys(KEYS)
    )
    output = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker.serve, "Service", Remembered)
        if defence is not None:
            REMOVALS[defence](patch)
        routing.origin.platform_of.cache_clear()
        log = open_log("json", "debug", output)
        running = asyncio.create_task(worker.serve._serve(source, Router(loaded.table), log))
        try:
            await eventually(lambda: '"consuming"' in output.getvalue() or running.done(), "ready")
            yield lambda: sum(services[0]._readiness.figures.totals.outcomes.values())
        finally:
            for service in services:
                service.stop()
            await running
    routing.origin.platform_of.cache_clear()
