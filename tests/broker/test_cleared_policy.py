"""A model queue that refused because of a policy, after the policy is cleared."""

from typing import Any

import pytest

from tests.broker.client import Client
from tests.broker.service import eventually

TABLE = {"model": "m", "platforms": {"telegram": {}}}
FULL = '{"max-length": 1, "overflow": "reject-publish"}'
_CHANNELS = 4
"""One that consumes, one that publishes, one that hears of alarms, and one for figures."""
CHATS = ("a", "b", "c")


def message(number: int) -> dict[str, Any]:
    chat = CHATS[number % len(CHATS)]
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": str(number), "text": "hi", "source": source}


@pytest.fixture
def limited(broker, vhost):
    """The model's queue has a limit by a policy, until `lift` is called."""

    class Limit:
        def lift(self) -> None:
            broker.rabbitmqctl("clear_policy", "-p", vhost, "full")

    queues = ("--apply-to", "queues")
    broker.rabbitmqctl("set_policy", "-p", vhost, "full", r"^turns\.m$", FULL, *queues)
    return Limit()


@pytest.fixture
def channels(listed):
    """Ask the broker how many channels are open in the test's vhost."""
    return lambda: len(listed("channels", "pid"))


async def test_a_limit_that_is_lifted_is_noticed(limited, channels, vhost_url, run_pointsman):
    """Turns that waited for a queue without a limit any more come to it, once each and in order."""
    run = run_pointsman(TABLE, lane_deadline="300s", retry_backoff_max="100ms")
    async with Client(vhost_url) as client:
        for number in range(9):
            await client.publish("telegram", message(number))
        await eventually(lambda: run.logged("refused"), "the queue is full")
        limited.lift()
        await eventually(lambda: len(run.logged("delivery")) == 9, "all have ended")
        for number in range(9, 30):
            await client.publish("telegram", message(number))
        jobs = await client.jobs("m", 30)
        await client.empty("turns.m")
    await eventually(lambda: channels() == _CHANNELS, "the channel that was refused is closed")
    assert len(jobs) == 30
    for chat in CHATS:
        numbers = [
            int(job["message"]["message_id"])
            for job in jobs
            if job["message"]["source"]["chat_id"] == chat
        ]
        assert numbers == sorted(numbers)
    assert not run.logged("delivery", outcome="dead")
    assert len(run.logged("consuming")) == 1
