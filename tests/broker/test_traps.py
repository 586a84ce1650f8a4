"""What is easily got wrong with AMQP and its libraries, and shows only on a real broker."""

import asyncio
import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.broker.client import Client
from tests.broker.service import eventually
from worker.demo.private_broker import PrivateBroker

TABLE = {"model": "m", "platforms": {"telegram": {}}}


def message(name: str, chat: str = "c") -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": name, "text": "hi", "source": source}


@pytest.fixture
def harmed(broker: PrivateBroker) -> Iterator[PrivateBroker]:
    """The session's node, for a test that freezes it or makes it run out of memory."""
    yield broker
    broker.thaw()
    broker.set_memory_alarm(on=False)


@pytest.fixture
def unsettled(listed):
    """Ask the broker how many deliveries it waits to hear of."""

    def ask() -> int:
        column = "messages_unacknowledged"
        return sum(channel[column] for channel in listed("channels", column))

    return ask


async def test_an_attempt_in_doubt_is_made_again_as_the_same_turn(
    run_pointsman, harmed, unsettled, vhost_url
):
    """A publish whose confirm is late is made again: the same turn, under another message id."""
    run = run_pointsman(TABLE, publish_timeout="500ms", retry_backoff_max="100ms")
    async with Client(vhost_url) as client:
        run.signal(signal.SIGSTOP)
        await client.publish("telegram", message("1"))
        await eventually(lambda: unsettled() == 1, "it was delivered")
        harmed.freeze()
        run.signal(signal.SIGCONT)
        await eventually(lambda: run.logged("refused", why="no confirm in time"), "it is late")
        harmed.thaw()
        jobs = (await (await client.collect("turns.m")).wait_for(2))[:]
        await eventually(lambda: run.logged("delivery", outcome="accepted"), "it was settled")
        await eventually(lambda: unsettled() == 0, "it was acked")
        assert await client.waiting("dead") == 0
    assert len({json.loads(job.body)["turn_id"] for job in jobs}) == 1
    assert {json.loads(job.body)["attempt"] for job in jobs} == {1}
    assert len({job.message_id for job in jobs}) == len(jobs)
    assert run.logged("delivery")[0]["attempts"] >= 2
    assert len(run.logged("delivery")) == len(run.logged("consuming")) == 1


async def test_acks_do_not_wait_for_a_blocked_publish(run_pointsman, harmed, unsettled, vhost_url):
    """While the broker takes no publish, what needs none is settled and nothing counts as late."""
    run = run_pointsman(TABLE, publish_timeout="500ms")
    async with Client(vhost_url) as client:
        await client.publish("telegram", message("1"))
        await client.jobs("m", 1)
        run.signal(signal.SIGSTOP)
        for _ in range(5):
            await client.publish("telegram", message("1"))
        await client.publish("telegram", message("2", chat="other"))
        await eventually(lambda: unsettled() == 6, "all were delivered")
        harmed.set_memory_alarm(on=True)
        run.signal(signal.SIGCONT)
        await eventually(lambda: not run.is_ready, "a publish is blocked")
        await eventually(lambda: unsettled() == 1, "the repeats were acked")
        assert len(run.logged("delivery", outcome="duplicate")) == 5
        await asyncio.sleep(1.5)  # three times what a confirm may take when nothing is blocked
        assert not run.is_ready
        harmed.set_memory_alarm(on=False)
        await eventually(lambda: run.is_ready, "it goes on")
        await client.publish("telegram", message("3"))
        jobs = await client.jobs("m", 3)
    assert [job["message"]["message_id"] for job in jobs] == ["1", "2", "3"]
    assert not run.logged("refused")
    assert len(run.logged("consuming")) == 1


async def test_a_worker_takes_no_more_than_its_prefetch(
    run_pointsman, listed, unsettled, vhost_url
):
    """Each partition is consumed with the prefetch of the settings, per consumer and not globally."""
    run = run_pointsman(TABLE, prefetch=7, partitions=2, turns_max_length=1, lane_deadline="100s")
    columns = ("queue_name", "prefetch_count", "ack_required")
    consumers = {entry["queue_name"]: entry for entry in listed("consumers", *columns)}
    assert consumers.keys() == {"inbound.0", "inbound.1"}
    assert {entry["prefetch_count"] for entry in consumers.values()} == {7}
    assert all(entry["ack_required"] for entry in consumers.values())
    assert {
        entry["global_prefetch_count"] for entry in listed("channels", "global_prefetch_count")
    } == {0}
    async with Client(vhost_url) as client:
        for number in range(30):
            await client.publish("telegram", message(str(number)))
        await eventually(lambda: run.logged("refused"), "its lane is held up")
        await eventually(lambda: unsettled() == 7, "it holds what it may")
        assert len(await client.jobs("m", 30)) == 30


async def test_every_partition_is_consumed_with_a_priority_of_its_own(run_pointsman, listed):
    """A worker asks for each partition with the priority that its id has for it."""
    run_pointsman(TABLE, partitions=4, worker_id="pod-1")
    run_pointsman(TABLE, partitions=4, worker_id="pod-2")
    consumers = listed("consumers", "arguments")
    assert len(consumers) == 8
    assert len({each["arguments"]["x-priority"] for each in consumers}) == 8


async def test_a_slot_is_never_lost_to_an_odd_message(run_pointsman, vhost_url):
    """With room for one delivery at a time, any number of odd ones leave the room free."""
    run_pointsman(TABLE, prefetch=1, partitions=1)
    async with Client(vhost_url) as client:
        for _ in range(20):
            await client.publish("telegram", b"\xff")
            await client.publish("telegram", b"x" * (2**20 + 1), headers={"a": "b"})
        await client.publish("telegram", message("1"))
        assert len(await client.jobs("m", 1)) == 1
        assert len(await client.dead_letters(40)) == 40
