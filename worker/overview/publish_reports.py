"""Publishes a report of this process once a second, for as long as it runs."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle

from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.errors import BrokerError, BrokerUnavailable
from worker.amqp.figures_outlet import FiguresOutlet
from worker.backoff import Backoff
from worker.log import Log, fault
from worker.overview.reporter import Reporter
from worker.settings import Settings

INTERVAL = 1.0
_BACKOFF = Backoff(1.0, 30.0)
_LAST_WORD = 0.5  # seconds, at most, that the last report may take


async def publish_reports(
    settings: Settings, reporter: Reporter, is_connected: Callable[[], bool], log: Log
) -> None:
    """Publish until cancelled, and a last report then. Whatever fails, nothing else suffers.

    Begins once `is_connected`: what keeps the service from connecting is told by the service.
    """
    while not is_connected():  # noqa: ASYNC110 - nobody is told of it
        await asyncio.sleep(INTERVAL)
    hosts, failures, told = cycle(settings.amqp_url), 0, ""
    while True:
        why = ""
        try:
            outlet = await FiguresOutlet.open(next(hosts), settings)
            failures = 0
            await _publish_through(outlet, reporter)
        except BrokerUnavailable as error:
            log.debug("figures are not published", why=str(error))
        except BrokerError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - figures are not worth a message
            why = str(fault(error))
        if why and why != told:
            log.warning("figures are not published", why=why)
        told = why or told
        failures += 1
        raise_if_cancelled()
        await asyncio.sleep(_BACKOFF.delay(failures))


async def _publish_through(outlet: FiguresOutlet, reporter: Reporter) -> None:
    """Publish until the outlet is lost. Raises BrokerUnavailable if it ends within a publish."""
    try:
        while not outlet.lost:
            raise_if_cancelled()
            await outlet.send(reporter.report().encode())
            await asyncio.sleep(INTERVAL)
    except asyncio.CancelledError:
        with suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD):
                await outlet.send(reporter.report().encode())
        raise
    finally:
        await outlet.close()
