"""The shadow, put together: the parts, the signals and the probes."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from typing import Any

from routing.decide import Router
from routing.table import RoutingTable
from worker.http_server import HttpServer
from worker.log import Log, open_log
from worker.log_signals import obey_log_signals
from worker.own_faults import log_stray, own_faults
from worker.pipeline.judge_signature import judge_by
from worker.pipeline.pipeline import Limits, Pipeline
from worker.service.readiness import Readiness
from worker.service.window import RepeatWindow
from worker.settings import Settings
from worker.shadow.onlooker import Onlooker
from worker.shadow.shadow import Shadow
from worker.signing_keys import SigningKeys
from worker.topology import plan_topology

PURPOSE = "shadow"


def serve_shadow(
    settings: Settings,
    table: RoutingTable,
    warnings: Sequence[str],
    every: float,
    tell: Callable[[str], None],
) -> None:
    """Decide by `table` until SIGTERM or SIGINT; `warnings` are logged first.

    The figures are logged every so many seconds, if there is something new, and at the end; then
    `tell` has them too, line by line. Raises OSError if the `http` address cannot be had,
    BrokerError as `Onlooker.run` does, and ServiceFault.
    """
    log = open_log(settings.log_format, settings.log_level)
    for warning in warnings:
        log.warning("configuration", problem=warning)
    asyncio.run(_serve(settings, table, every, tell, log))


async def _serve(
    settings: Settings, table: RoutingTable, every: float, tell: Callable[[str], None], log: Log
) -> None:
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    keys = SigningKeys()
    keys.inform, keys.warn = log.info, log.warning
    pipeline = Pipeline(Router(table), limits, settings.prefix, judge_by(keys))
    readiness = Readiness(table.digest, partitions=0)
    window = RepeatWindow(settings.window_count, settings.window_age)
    shadow = Shadow(pipeline, window, readiness.figures.totals, log)
    topology = plan_topology(table, settings)
    stop = asyncio.Event()
    onlooker = Onlooker(settings, topology, PURPOSE, shadow.take, readiness, log, stop)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log_stray(log, context))
    obey_log_signals(loop, log)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # As for workers, which it would end otherwise: nobody knows which processes are shadows.
    loop.add_signal_handler(signal.SIGHUP, lambda: log.warning("a shadow keeps its table"))

    server = HttpServer(settings.http, readiness) if settings.http else None
    telling = asyncio.ensure_future(_log_figures(shadow, onlooker, every, log))
    try:
        if server is not None:
            log.info("listening", port=await server.start())
        try:
            with own_faults(log):
                await onlooker.run()
        finally:
            _tell_figures(shadow, onlooker, tell, log)
    finally:
        telling.cancel()
        if server is not None:
            await server.stop()


async def _log_figures(shadow: Shadow, onlooker: Onlooker, every: float, log: Log) -> None:
    told = 0
    while True:
        await asyncio.sleep(every)
        if shadow.summary.messages > told:
            told = shadow.summary.messages
            log.info("summary", **_figures(shadow, onlooker))


def _tell_figures(
    shadow: Shadow, onlooker: Onlooker, tell: Callable[[str], None], log: Log
) -> None:
    log.info("summary", **_figures(shadow, onlooker))
    for line in shadow.summary.lines():
        tell(line)
    if onlooker.missed:
        tell(f"not seen: {onlooker.missed:.1f} s at most, in {onlooker.gaps} gaps")


def _figures(shadow: Shadow, onlooker: Onlooker) -> dict[str, Any]:
    missed = {"seconds_not_seen": round(onlooker.missed, 1), "gaps": onlooker.gaps}
    return {**shadow.summary.fields(), **missed}
