"""`pointsman run`: the service."""

import asyncio
import os
import signal
from typing import Any

from routing.decide import Router
from worker.amqp.errors import BrokerError, TopologyMismatch
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.failure import BROKER, FINDINGS, TOPOLOGY, CommandFailed
from worker.cli.setting_options import with_setting_options
from worker.config_file import load_config
from worker.http_server import HttpServer
from worker.log import Log, fault, open_log
from worker.pipeline.pipeline import Limits, Pipeline
from worker.service.readiness import Readiness
from worker.service.service import Service
from worker.settings import Settings
from worker.topology import plan_topology


@with_setting_options
def run(config: ConfigOption = DEFAULT_CONFIG, **flags: Any) -> None:
    """Run the service: from the in.* exchanges to the queues of models, until SIGTERM.

    Exit codes: 0 drained and stopped, 2 settings or table, 3 broker or credentials, 4 topology.

    Example:  pointsman run --config pointsman.yaml --amqp-url amqp://user:password@broker/
    """
    loaded = load_config(config, os.environ)
    settings = loaded.settings(flags, os.environ)
    log = open_log(settings.log_format, settings.log_level)
    for problem in loaded.warnings:
        log.warning("table", problem=problem)
    try:
        asyncio.run(_serve(settings, Router(loaded.table), log))
    except TopologyMismatch as error:
        raise CommandFailed("\npointsman: ".join(error.mismatches), TOPOLOGY) from None
    except BrokerError as error:
        raise CommandFailed(str(error), BROKER) from None
    except CommandFailed:
        raise
    except Exception as error:  # noqa: BLE001
        # Not as Python shows it: an exception's text may quote a message, and this one is ours.
        log.error("fault in pointsman", **fault(error))
        raise CommandFailed("ended by a fault of its own; the log has where", FINDINGS) from None


async def _serve(settings: Settings, router: Router, log: Log) -> None:
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    pipeline = Pipeline(router, limits, settings.prefix)
    topology = plan_topology(router.table, settings)
    readiness = Readiness(router.table.digest, settings.partitions)
    service = Service(settings, pipeline, topology, readiness, log)

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: _log_stray(log, context))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)

    server = HttpServer(settings.http, readiness) if settings.http else None
    try:
        if server is not None:
            log.info("listening", port=await _listen(server, settings))
        await service.run()
    finally:
        if server is not None:
            await server.stop()


async def _listen(server: HttpServer, settings: Settings) -> int:
    try:
        return await server.start()
    except OSError as error:
        host, port = settings.http or ("", 0)
        message = f"cannot listen on {host}:{port}: {error.strerror}; set --http, or `none`"
        raise CommandFailed(message) from None


def _log_stray(log: Log, context: dict[str, Any]) -> None:
    """Log what nobody awaited; without the exception's text, which may quote a message."""
    error = context.get("exception")
    fields = fault(error) if isinstance(error, BaseException) else {}
    log.debug("stray error in the event loop", what=str(context.get("message"))[:200], **fields)
