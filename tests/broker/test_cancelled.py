"""Whoever is told to end while it talks to a broker ends, at whatever moment that is."""

import asyncio
import io
from contextlib import suppress

from tests.broker.service import PATIENCE
from tests.routing.tables import table
from worker.amqp.look import look
from worker.log import open_log
from worker.service.readiness import Readiness
from worker.settings import Settings
from worker.shadow.onlooker import Onlooker
from worker.topology import plan_topology

MOMENTS = [milliseconds / 1000 for milliseconds in range(0, 120, 3)]


async def test_an_examination_that_is_cancelled_is_no_result(vhost_url, monkeypatch):
    """Whatever forgets a cancellation while a host is looked at, what was seen is not judged."""
    begun = asyncio.Event()

    async def forgets(*_: object) -> None:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr("worker.amqp.look.broker_clock", forgets)
    settings = Settings.load({"amqp_url": vhost_url}, {}, {})
    looking = asyncio.create_task(look(settings, vhost_url, None, PATIENCE))
    await begun.wait()
    looking.cancel()
    await asyncio.wait({looking}, timeout=PATIENCE)
    assert looking.cancelled()


async def test_an_onlooker_ends_at_any_moment(vhost_url):
    """Stopped at any moment of connecting and looking, an onlooker ends."""
    settings = Settings.load({"amqp_url": vhost_url}, {}, {})
    topology = plan_topology(table(), settings)
    log = open_log("json", "error", io.StringIO())
    for moment in MOMENTS:
        stop, readiness = asyncio.Event(), Readiness("0123456789ab", 0)
        onlooker = Onlooker(settings, topology, "test", lambda _: None, readiness, log, stop)
        looking = asyncio.create_task(onlooker.run())
        await asyncio.sleep(moment)
        stop.set()
        done, _ = await asyncio.wait({looking}, timeout=PATIENCE)
        assert done == {looking}
