"""What a process keeps of the connections it has lost."""

import asyncio
import gc
import io
import json
from collections.abc import Iterator
from weakref import ref

import pytest

from routing.decide import Router
from routing.load_table import load_table
from tests.broker.service import eventually
from worker.amqp.link import AmqpLink
from worker.log import open_log
from worker.pipeline.pipeline import Limits, Pipeline
from worker.service.intake import EveryPartition
from worker.service.readiness import Readiness
from worker.service.service import Service
from worker.settings import Settings
from worker.topology import plan_topology

TABLE = {"model": "m", "platforms": {"telegram": {}}}


@pytest.fixture
def _only_asked_for() -> Iterator[None]:
    """Cycles are collected only where the service asks for it: in a test Python does it often."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def service(vhost_url) -> Service:
    """A service that runs in this process."""
    settings = Settings.load({"amqp_url": vhost_url}, {}, {})
    table = load_table(json.dumps(TABLE).encode(), {}).table
    assert table is not None
    router = Router(table)
    pipeline = Pipeline(router, Limits(max_body=settings.max_body, max_hops=settings.max_hops))
    intake = EveryPartition(settings, plan_topology(router.table, settings))
    readiness = Readiness(router.table.digest, settings.partitions)
    return Service(settings, pipeline, intake, readiness, open_log("json", "info", io.StringIO()))


@pytest.mark.usefixtures("_only_asked_for")
async def test_nothing_is_kept_of_a_link_that_was_lost(service):
    """Once it is connected again, a service holds nothing of the link before."""
    running = asyncio.ensure_future(service.run())
    before = await _its_link(service, None)
    assert service._link is not None
    service._link.lose("lost by the test")
    await _its_link(service, before)
    assert before() is None
    service.stop()
    await running


async def _its_link(service: Service, before: "ref[AmqpLink] | None") -> "ref[AmqpLink]":
    """Return the service's link, once it has another one than before."""

    def other() -> bool:
        return service._link is not None and (before is None or service._link is not before())

    await eventually(other, "it is connected")
    assert service._link is not None
    return ref(service._link)
