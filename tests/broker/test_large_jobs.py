"""A job that is larger than what the broker takes."""

from collections.abc import Iterator

import pytest

from tests.broker.client import Client
from tests.broker.service import PointsmanRun, eventually
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

MOST = 20_000
TABLE = {"model": "m", "platforms": {"telegram": {}}}


@pytest.fixture(scope="module")
def strict(installation: RabbitmqInstallation) -> Iterator[PrivateBroker]:
    """A node with a small `max_message_size`."""
    with PrivateBroker(installation, config=f"max_message_size = {MOST}") as node:
        yield node


def message(name: str, size: int = 2) -> dict[str, object]:
    source = {"chat_id": name, "chat_type": "dm"}
    return {"message_id": name, "text": "x" * size, "source": source}


async def test_a_job_that_the_broker_does_not_take_is_dead(strict, tmp_path):
    """It costs one connection to learn what the broker takes; the message is dead, the others are jobs."""
    with PointsmanRun(strict.url(), TABLE, tmp_path) as run:
        async with Client(strict.url()) as client:
            for number in range(3):
                await client.publish("telegram", message(f"large-{number}", MOST - 200))
                await client.publish("telegram", message(f"small-{number}"))
            letters = await client.dead_letters(3)
            jobs = await client.jobs("m", 3)
        await eventually(lambda: len(run.logged("delivery")) >= 6, "all have ended")
    assert {letter.headers["x-dead-reason"] for letter in letters} == {"too_large"}
    assert all(f"takes {MOST}" in str(letter.headers["x-dead-detail"]) for letter in letters)
    assert {job["message"]["message_id"] for job in jobs} >= {"small-0", "small-1", "small-2"}
    assert len(run.logged("consuming")) == 2
