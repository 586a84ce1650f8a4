"""The service, put together: the parts, the signals and the probes."""

import asyncio
import gc
import signal
from collections.abc import Sequence
from contextlib import suppress

from routing.decide import Router
from worker.console.open_console import open_console
from worker.http_server import HttpServer
from worker.log import Log, open_log
from worker.log_signals import obey_log_signals
from worker.overview.publish_reports import publish_reports
from worker.overview.reporter import Reporter
from worker.own_faults import log_stray, own_faults
from worker.pipeline.judge_signature import judge_by
from worker.pipeline.pipeline import Limits, Pipeline
from worker.service.blocked_time import count_blocked_time
from worker.service.intake import EveryPartition
from worker.service.readiness import Readiness
from worker.service.reloading import Reloading
from worker.service.service import Service
from worker.table_source import TableSource
from worker.table_watch import changes
from worker.topology import plan_topology

# A message on its way is a few hundred objects that reference counting frees: looking for cycles
# among them after every 700 costs a seventh of our processor time and finds next to nothing.
_LOOK_FOR_CYCLES_AFTER = (20_000, 20, 20)


def serve(source: TableSource, warnings: Sequence[str]) -> None:
    """Route by the table of `source` until SIGTERM or SIGINT; `warnings` are logged first.

    The table is another as soon as the file is; SIGHUP has the file looked at as well. Raises
    OSError if the `http` address cannot be had, BrokerError as `Service.run` does, and
    ServiceFault.
    """
    settings = source.settings
    log = open_log(settings.log_format, settings.log_level)
    for warning in warnings:
        log.warning("configuration", problem=warning)
    source.keys.inform, source.keys.warn = log.info, log.warning
    router = Router(source.table)
    gc.collect()
    gc.freeze()  # what has been made so far stays
    gc.set_threshold(*_LOOK_FOR_CYCLES_AFTER)
    asyncio.run(_serve(source, router, log))


async def _serve(source: TableSource, router: Router, log: Log) -> None:
    settings = source.settings
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    pipeline = Pipeline(router, limits, settings.prefix, judge_by(source.keys))
    topology = plan_topology(router.table, settings)
    intake = EveryPartition(settings, topology)
    readiness = Readiness(router.table.digest, len(topology.consumed))
    service = Service(settings, pipeline, intake, readiness, log)
    reloading = Reloading(source, pipeline, service, intake, readiness, log)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log_stray(log, context))
    obey_log_signals(loop, log)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    loop.add_signal_handler(signal.SIGHUP, reloading.ask)

    reporter = Reporter(settings, readiness, lambda: reloading.in_use)
    console = open_console(settings, readiness, reporter.report, lambda: reloading.in_use, log)
    server = HttpServer(settings.http, readiness, console) if settings.http else None
    beside = [
        asyncio.create_task(reloading.run(changes(source.path, source.mark))),
        asyncio.create_task(count_blocked_time(readiness)),
        asyncio.create_task(reporter.keep_past()),
        asyncio.create_task(publish_reports(settings, reporter, lambda: readiness.connected, log)),
    ]
    try:
        if server is not None:
            log.info("listening", port=await server.start())
        with own_faults(log):
            await service.run()
    finally:
        for task in beside:
            task.cancel()
        for task in beside:
            with suppress(asyncio.CancelledError):
                await task
        if server is not None:
            await server.stop()
