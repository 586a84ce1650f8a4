import asyncio
import random
import re
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

    async def start(**settings: Any) -> tuple[Gate, PointsmanRun]:
        gate = await Gate.open(broker.port, Traffic(), random.Random(1))
        gate.change(mute=True)
        url = broker.url(vhost).replace(str(broker.port), str(gate.port))
        run = PointsmanRun(url, CONFIG, tmp_path, **{**QUICK, **settings})
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


async def test_a_worker_that_never_gets_anything_ends(behind, vhost_url):
    """If connecting again helps nothing it ends with exit code 3 and one line with what waits."""
    gate, run = await behind(watchdog="200ms")
    async with Client(vhost_url) as client:
        for number in range(5):
            await client.publish("telegram", message(number))
        await asyncio.to_thread(run.wait_exit, 3, 60.0)
    assert len(run.logged("stuck")) == len(run.logged("consuming")) == 5
    (line,) = run.complaints
    said = r"pointsman: connected 5 times and was given nothing: 4 messages wait in partition 0, and none has moved for \d+ s"
    assert re.fullmatch(said, line), line
    await gate.close()


async def test_a_standby_never_ends_while_anything_moves(vhost_url, run_pointsman):
    """Beside a worker that takes a message now and then, a standby suspects but does not end."""
    slow = {"turns_max_length": 1, "lane_deadline": "300s", "retry_backoff_max": "200ms"}
    # Patient enough for a broker that is slow to deliver.
    run = run_pointsman(CONFIG, **{**QUICK, "watchdog": "3s"}, **slow)
    standby = run_pointsman(CONFIG, **{**QUICK, "watchdog": "200ms"}, **slow)
    async with Client(vhost_url) as client:
        for number in range(20):
            await client.publish("telegram", message(number))
        for suspicions in range(1, 6):
            await suspects(standby, suspicions)
            await take_a_job(client)
        await eventually(lambda: len(standby.logged("consuming")) == 6, "it connects once more")
        await client.jobs("m", 20 - 5)
    assert len(run.logged("consuming")) == 1


async def suspects(standby: PointsmanRun, times: int) -> None:
    await eventually(lambda: len(standby.logged("stuck")) >= times, "it suspects")


async def take_a_job(client: Client) -> None:
    """Make room for one job, and wait until one message more has been taken for it."""
    waiting = await client.waiting("inbound.0")
    await (await client.channel.get_queue("turns.m", ensure=False)).get(no_ack=True)

    async def falls() -> bool:
        return await client.waiting("inbound.0") < waiting

    await eventually(falls, "the next one is taken")
