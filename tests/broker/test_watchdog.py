import asyncio
import random
from typing import Any

import pytest

from tests.broker.client import Client
from tests.broker.service import PointsmanRun, eventually
from tests.campaign.gate import Gate, Traffic

CONFIG = {"model": {"default": "m"}, "platforms": {"telegram": {}}}
QUICK: dict[str, Any] = {"watchdog": "1s", "heartbeat": 1, "partitions": 1, "prefetch": 1}


def message(number: int) -> dict:
    return {"message_id": str(number), "text": "hello", "source": {"chat_id": "c"}}


@pytest.fixture
def behind(broker, vhost, tmp_path):
    """Start a worker behind a gate, which lets no delivery pass."""

    async def start() -> tuple[Gate, PointsmanRun]:
        gate = await Gate.open(broker.port, Traffic(), random.Random(1))
        gate.change(mute=True)
        url = broker.url(vhost).replace(str(broker.port), str(gate.port))
        run = PointsmanRun(url, CONFIG, tmp_path, **QUICK)
        await asyncio.to_thread(run.wait_ready)
        return gate, run

    return start


async def test_a_worker_that_gets_nothing_reconnects(behind, vhost_url):
    """Connected, consuming, and given nothing of what waits: it connects again, and gets it."""
    gate, run = await behind()
    async with Client(vhost_url) as client:
        for number in range(5):
            await client.publish("telegram", message(number))
        await eventually(lambda: run.logged("stuck"), "the worker sees that it gets nothing")
        gate.change(mute=False)
        assert len(await client.jobs("m", 5)) == 5
    await asyncio.to_thread(run.stop)
    await gate.close()


async def test_a_standby_has_more_patience_each_time(vhost_url, run_pointsman):
    """That another worker is slow is no fault of its own: it looks again later, and later still."""
    slow = {"turns_max_length": 1, "lane_deadline": "300s", "retry_backoff_max": "200ms"}
    run = run_pointsman(CONFIG, **QUICK, **slow)
    standby = run_pointsman(CONFIG, **QUICK, **slow)
    async with Client(vhost_url) as client:
        for number in range(9):
            await client.publish("telegram", message(number))
        await eventually(lambda: len(standby.logged("stuck")) == 2, "it has looked twice")
        assert len(await client.jobs("m", 9)) == 9
    first, second = standby.logged("stuck")
    assert first["why"].endswith("for 1 s")
    assert second["why"].endswith("for 2 s")
    assert len(run.logged("consuming")) == 1
