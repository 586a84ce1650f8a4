"""A capture, put together: its parts and its end."""

import asyncio
import signal
from collections.abc import Sequence
from functools import partial
from io import FileIO
from types import FrameType

from routing.decide import Router
from routing.table import RoutingTable
from worker.capture.capture import Capture
from worker.capture.capture_file import write_line
from worker.capture.captured_line import Kept
from worker.log import Log, open_log
from worker.log_signals import obey_log_signals
from worker.own_faults import log_stray, own_faults
from worker.pipeline.judge_signature import as_it_was
from worker.pipeline.pipeline import Limits, Pipeline
from worker.service.readiness import Readiness
from worker.settings import Settings
from worker.shadow.onlooker import Onlooker
from worker.topology import plan_topology

PURPOSE = "capture"
_ENDING = (signal.SIGTERM, signal.SIGINT)


def serve_capture(
    settings: Settings,
    table: RoutingTable,
    warnings: Sequence[str],
    kept: Kept,
    file: FileIO,
    *,
    most: int | None,
    seconds: float | None,
) -> Capture:
    """Write lines to `file` until SIGTERM or SIGINT, or after so many lines or seconds.

    A second signal ends it at once, also where a reader does not read, and a third one kills it.
    Returns what was captured. Raises BrokerError as `Onlooker.run` does, ServiceFault, and
    KeyboardInterrupt.
    """
    log = open_log(settings.log_format, settings.log_level)
    for warning in warnings:
        log.warning("configuration", problem=warning)
    return asyncio.run(_serve(settings, table, kept, file, most, seconds, log))


async def _serve(
    settings: Settings,
    table: RoutingTable,
    kept: Kept,
    file: FileIO,
    most: int | None,
    seconds: float | None,
    log: Log,
) -> Capture:
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    pipeline = Pipeline(Router(table), limits, settings.prefix, as_it_was)
    stop = asyncio.Event()
    capture = Capture(kept, pipeline, partial(write_line, file), most, stop.set)
    readiness = Readiness(table.digest, partitions=0)
    topology = plan_topology(table, settings)
    onlooker = Onlooker(settings, topology, PURPOSE, capture.take, readiness, log, stop)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log_stray(log, context))
    obey_log_signals(loop, log)
    _stop_on_signals(loop, stop)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    with own_faults(log):
        await onlooker.run()
    return capture


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # Not the loop's own handlers: they wait for the loop, and it may wait for whoever reads what we
    # write.
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            # A third one kills: raised again while Python ends, it would be shown as a traceback.
            for each in _ENDING:
                signal.signal(each, signal.SIG_DFL)
            raise KeyboardInterrupt
        asked = True
        loop.call_soon_threadsafe(stop.set)

    for each in _ENDING:
        signal.signal(each, handle)
