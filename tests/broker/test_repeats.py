"""The same message more than once: how many jobs it becomes, and what is acked when."""

import json
from typing import Any

import pytest

from tests.broker.client import Client
from tests.broker.raw_publisher import RawPublisher
from tests.broker.service import eventually, wait_until

TABLE = {"model": "m", "platforms": {"telegram": {}}}
FULL = {"turns_max_length": 1, "lane_deadline": "300s", "retry_backoff_max": "200ms"}
FILLERS = [f"filler-{number}" for number in range(5)]


def message(name: str, chat: str = "c") -> dict[str, Any]:
    return {"message_id": name, "text": "hi", "source": {"chat_id": chat, "chat_type": "dm"}}


async def fill(client: Client, run) -> None:
    """Publish until the model's queue refuses."""
    for name in FILLERS:
        await client.publish("telegram", message(name, "another"))
    await eventually(lambda: run.logged("refused"), "the queue is full")


@pytest.fixture
def unsettled(listed):
    """Ask the broker how many messages are in the partitions, given out or not."""

    def ask() -> int:
        queues = listed("queues", "name", "messages")
        return sum(each["messages"] for each in queues if each["name"].startswith("inbound."))

    return ask


async def test_a_repeat_is_known_after_a_new_connection(vhost_url, vhost, broker, run_pointsman):
    """A process remembers what was accepted over a connection that it has lost since."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        await client.publish("telegram", message("1"))
        await eventually(lambda: run.logged("delivery", outcome="accepted"), "it was accepted")
    broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by a test")
    wait_until(lambda: len(run.logged("consuming")) == 2, "it consumes again")
    async with Client(vhost_url) as client:
        await client.publish("telegram", message("1"))
        await client.publish("telegram", message("2"))
        await eventually(lambda: len(run.logged("delivery")) == 3, "all have ended")
        jobs = await client.jobs("m", 2)
        await client.empty("turns.m")
    assert [job["message"]["message_id"] for job in jobs] == ["1", "2"]
    outcomes = [line["outcome"] for line in run.logged("delivery")]
    assert outcomes == ["accepted", "duplicate", "accepted"]


async def test_a_repeat_of_what_waits_is_held_with_it(vhost_url, run_pointsman, unsettled):
    """While its queue refuses, a message and its repeat stay unacked, whichever worker dies; then one job."""
    run = run_pointsman(TABLE, **FULL)
    async with Client(vhost_url) as client:
        await fill(client, run)
        for _ in range(2):
            await client.publish("telegram", message("1"))
        await eventually(lambda: unsettled() == 5, "three fillers, the message and its repeat wait")
        run.kill()
        run = run_pointsman(TABLE, **FULL)
        await eventually(lambda: run.logged("refused"), "the next worker has them")
        assert unsettled() == 5
        jobs = await client.jobs("m", len(FILLERS) + 1)
        await eventually(lambda: unsettled() == 0, "all are acked")
        await client.empty("turns.m")
    ended = run.logged("delivery", message_id="1")
    assert [line["outcome"] for line in ended] == ["accepted", "duplicate"]
    assert all(line["redelivered"] for line in ended)
    names = [job["message"]["message_id"] for job in jobs]
    assert sorted(names) == ["1", *FILLERS]


async def test_two_bare_messages_that_wait_are_two_turns(vhost_url, run_pointsman):
    """Of two messages without an id that are alike, the second is no repeat, also of one in flight."""
    run = run_pointsman(TABLE, **FULL)
    bare = json.dumps({"text": "yes", "source": {"chat_id": "c", "chat_type": "dm"}}).encode()
    async with Client(vhost_url) as client:
        await fill(client, run)
        with RawPublisher(vhost_url) as feeder:
            for _ in range(2):
                feeder.publish("in.telegram", bare)
        jobs = await client.jobs("m", len(FILLERS) + 2)
        await client.empty("turns.m")
    assert [job["message_id_derived"] for job in jobs].count(True) == 2
    assert not run.logged("delivery", outcome="duplicate")
