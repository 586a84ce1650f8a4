"""Platforms that wait in a queue of their own, so that their floods are nobody else's."""

import asyncio
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import aio_pika.exceptions
import pytest

from tests.broker.client import Client
from tests.broker.service import COMMAND, PointsmanRun, eventually, wait_until

TABLE: dict[str, Any] = {"model": "m", "platforms": {"webhook": {}, "telegram": {}}}
ISOLATED: dict[str, Any] = {
    "model": {"default": "m", "routes": [{"match": {"platform": "webhook"}, "model": "m-hook"}]},
    "platforms": {"webhook": {"isolated": True}, "telegram": {}},
}
OWN = "inbound@webhook"


def message(number: int, chat: str = "c") -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": f"{chat}-{number}", "text": "hello", "source": source}


async def until_refused(client: Client) -> int:
    """Publish to `in.webhook` until the broker refuses; return how many it took."""
    for number in range(100):
        try:
            await client.publish("webhook", message(number))
        except aio_pika.exceptions.DeliveryError:
            return number
    pytest.fail("it took everything")


@pytest.fixture
def bound(listed):
    """Ask the broker where what is published to an exchange goes."""

    def ask(exchange: str) -> set[str]:
        bindings = listed("bindings", "source_name", "destination_name")
        return {each["destination_name"] for each in bindings if each["source_name"] == exchange}

    return ask


@pytest.fixture
def unacked(listed):
    """Ask the broker how many messages of a queue are given out."""

    def ask(queue: str) -> int:
        queues = listed("queues", "name", "messages_unacknowledged")
        (found,) = (each["messages_unacknowledged"] for each in queues if each["name"] == queue)
        return int(found)

    return ask


async def test_its_messages_are_routed_in_order_beside_the_others(vhost_url, run_pointsman, bound):
    """An isolated platform comes by its own queue only, every message once and in order."""
    run = run_pointsman(ISOLATED, partitions=2)
    assert bound("in.webhook") == {OWN}
    assert bound("in.telegram") == {"inbound"}
    async with Client(vhost_url) as client:
        for number in range(50):
            for chat in ("a", "b"):
                await client.publish("webhook", message(number, chat))
            await client.publish("telegram", message(number))
        hook, normal = await client.jobs("m-hook", 100), await client.jobs("m", 50)
    for chat in ("a", "b"):
        ids = [job["message"]["message_id"] for job in hook if job["source"]["chat_id"] == chat]
        assert ids == [f"{chat}-{number}" for number in range(50)]
    assert [job["message"]["message_id"] for job in normal] == [f"c-{n}" for n in range(50)]
    assert {job["source"]["platform"] for job in hook} == {"webhook"}
    seen = {line["partition"] for line in run.logged("delivery", platform="webhook")}
    assert seen == {"webhook"}
    assert {type(line["partition"]) for line in run.logged("delivery", platform="telegram")} == {
        int
    }


async def test_a_worker_holds_no_more_of_it_than_its_own_prefetch(
    vhost_url, run_pointsman, unacked
):
    """Of an isolated platform at most `isolated_prefetch` messages are in a worker's hands."""
    settings = {"lane_deadline": "100s", "turns_max_length": 1}
    run = run_pointsman(ISOLATED, isolated_prefetch=3, prefetch=7, partitions=1, **settings)
    async with Client(vhost_url) as client:
        for number in range(20):
            await client.publish("webhook", message(number))
            await client.publish("telegram", message(number))
        await eventually(lambda: len(run.logged("refused")) > 1, "both are held up")
        await eventually(lambda: unacked("inbound.0") == 7, "the others as before")
        assert unacked(OWN) == 3
        assert len(await client.jobs("m-hook", 20)) == 20
        assert len(await client.jobs("m", 20)) == 20


async def test_a_full_queue_refuses_its_feeder_while_the_others_go_on(vhost_url, run_pointsman):
    """Who floods an isolated platform is refused, by count or by bytes, and nobody else is."""
    held_up = {"lane_deadline": "100s", "turns_max_length": 1}
    limits = {"isolated_prefetch": 1, "isolated_max_length": 10, "isolated_max_bytes": "10KiB"}
    run_pointsman(ISOLATED, partitions=1, **held_up, **limits)
    async with Client(vhost_url) as client:
        normal = await client.collect("turns.m")
        accepted = await until_refused(client)
        assert accepted <= 20  # a broker may let a few in beyond a limit
        for number in range(30):
            await client.publish("telegram", message(number))
        await normal.wait_for(30)
        assert len(await client.jobs("m-hook", accepted)) == accepted
        await client.empty(OWN)
        await client.publish("webhook", {**message(101), "metadata": {"x": "x" * 20_000}})


async def test_its_bytes_come_no_faster_than_its_rate(vhost_url, run_pointsman):
    """Of an isolated platform no more bytes a second are routed than `isolated_rate`."""
    run_pointsman(ISOLATED, partitions=1, isolated_rate="64KiB/s")
    async with Client(vhost_url) as client:
        jobs = await client.collect("turns.m-hook")
        began = time.monotonic()
        for number in range(4):
            await client.publish("webhook", {**message(number), "text": "x" * 64 * 1024})
        await jobs.wait_for(4)
    assert time.monotonic() - began >= 3


async def test_the_memory_that_its_bodies_take_holds_up_nobody_else(vhost_url, run_pointsman):
    """While large bodies wait for their rate, and no more of them are taken, all others go on."""
    slow = {"isolated_rate": "64KiB/s", "memory_in_hand": "16MiB", "max_body": "2MiB"}
    run = run_pointsman(ISOLATED, partitions=1, prefetch=5, **slow)
    async with Client(vhost_url) as client:
        normal, hooks = await client.collect("turns.m"), await client.collect("turns.m-hook")
        for number in range(8):  # four times a MiB each, and theirs are 4 of the 16
            await client.publish("webhook", {**message(number), "text": "x" * 2**20})
        for number in range(60):
            await client.publish("telegram", {**message(number), "text": "x" * 2**18})
        await normal.wait_for(60)
    assert len(hooks.jobs) < 8  # they take two minutes
    assert [job["message"]["message_id"] for job in normal.jobs] == [f"c-{n}" for n in range(60)]
    assert len(run.logged("consuming")) == 1


async def test_what_waits_for_its_rate_is_not_taken_for_stuck(vhost_url, run_pointsman):
    """A worker that keeps deliveries back longer than its watchdog waits knows where they are."""
    slow = {"isolated_rate": "64KiB/s", "isolated_prefetch": 2}
    quick = {"watchdog": "1s", "heartbeat": 1}
    run = run_pointsman(ISOLATED, partitions=1, **slow, **quick)
    async with Client(vhost_url) as client:
        for number in range(4):
            await client.publish("webhook", {**message(number), "text": "x" * 5 * 2**16})
        assert len(await client.jobs("m-hook", 2)) == 2
    assert not run.logged("stuck")
    assert len(run.logged("consuming")) == 1


async def test_with_a_limit_that_delays_a_flood_ends_at_its_feeder(vhost_url, run_pointsman):
    """What is over the rate is held or waits, then refused; nothing that was taken is dead."""
    limits = {"per_platform": {"stranger": {"rate": "5/s", "burst": 1, "over": "delay"}}}
    settings = {"isolated_prefetch": 2, "isolated_max_length": 4, "partitions": 1}
    run = run_pointsman({**ISOLATED, "limits": limits}, **settings)
    async with Client(vhost_url) as client:
        accepted = await until_refused(client)
        assert len(await client.jobs("m-hook", accepted)) == accepted
    assert not run.logged("delivery", outcome="dead")


async def test_it_is_turned_on_without_a_loss(vhost_url, run_pointsman, bound, tmp_path):
    """What waited in the partitions and what comes to the new queue both arrive; once more changes nothing."""
    run_pointsman(TABLE, partitions=2).stop()
    assert bound("in.webhook") == {"inbound"}
    async with Client(vhost_url) as client:
        for number in range(10):
            await client.publish("webhook", message(number, f"chat-{number}"))
        for _ in range(2):
            with PointsmanRun(vhost_url, ISOLATED, tmp_path, partitions=2):
                assert bound("in.webhook") == {OWN}
        await client.publish("webhook", message(10))
        run_pointsman(ISOLATED, partitions=2)
        ids = [job["message"]["message_id"] for job in await client.jobs("m-hook", 11)]
    assert sorted(ids) == sorted([*(f"chat-{n}-{n}" for n in range(10)), "c-10"])


def test_turned_off_while_its_queue_exists_is_refused(vhost_url, run_pointsman, bound, tmp_path):
    """A table without it leaves nothing behind unseen: exit code 4 and what to do, and nothing is changed."""
    run_pointsman(ISOLATED, partitions=2).stop()
    refused = PointsmanRun(vhost_url, TABLE, tmp_path, partitions=2)
    refused.wait_exit(4)
    (line,) = refused.complaints
    assert line.startswith(f"pointsman: queue {OWN}: exists, so `webhook` was isolated")
    assert bound("in.webhook") == {OWN}


async def test_turned_off_as_the_line_says(vhost_url, run_pointsman, bound, tmp_path):
    """Once its queue is deleted, a table without it has its messages among all others."""
    run_pointsman(ISOLATED, partitions=2).stop()
    async with Client(vhost_url) as client:
        await client.channel.queue_delete(OWN)
        run_pointsman(TABLE, partitions=2)
        assert bound("in.webhook") == {"inbound"}
        await client.publish("webhook", message(1))
        assert len(await client.jobs("m", 1)) == 1


def test_a_reload_brings_no_platform_whose_own_queue_is_left(run_pointsman, bound):
    """A new platform that has a queue of its own from before is refused as at the start."""
    run_pointsman(ISOLATED, partitions=2).stop()
    run = run_pointsman({"model": "m", "platforms": {"telegram": {}}}, partitions=2)
    run.config.write_text(json.dumps(TABLE), "utf-8")
    (line,) = run.wait_for_log("table refused")["problems"]
    assert f"queue {OWN}: exists, so `webhook` was isolated" in line
    assert bound("in.webhook") == {OWN}


def test_a_reload_that_changes_it_is_refused(run_pointsman):
    """Whether a platform is isolated takes a restart, and the line says so."""
    run = run_pointsman(ISOLATED, partitions=2)
    run.config.write_text(json.dumps(TABLE), "utf-8")
    (line,) = run.wait_for_log("table refused")["problems"]
    assert "`isolated` is no platform here, and the worker was started with webhook" in line
    assert "that takes a restart" in line
    assert run.is_ready


def repartition(url: str, config: Path, partitions: int) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "topology", "repartition", str(partitions), "--apply"]
    return subprocess.run(
        [*command, f"--config={config}", f"--amqp-url={url}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_a_repartition_leaves_it_alone(vhost_url, run_pointsman, bound):
    """What waits in its own queue stays there while the partitions change, and is routed afterwards."""
    run = run_pointsman(ISOLATED, partitions=2)
    run.stop()
    async with Client(vhost_url) as client:
        await client.publish("webhook", message(1))
        done = await asyncio.to_thread(repartition, vhost_url, run.config, 3)
        assert done.returncode == 0, done.stderr
        assert await client.waiting(OWN) == 1
        assert (bound("in.webhook"), bound("in.telegram")) == ({OWN}, {"inbound"})
        assert bound("inbound") == {f"inbound.{number}" for number in range(3)}
        run_pointsman(ISOLATED, partitions=3)
        assert len(await client.jobs("m-hook", 1)) == 1


async def test_a_deleted_queue_of_its_own_is_declared_and_consumed_again(
    vhost_url, run_pointsman, bound
):
    """A worker that loses an isolated platform's queue comes back to it."""
    run = run_pointsman(ISOLATED, partitions=2)
    async with Client(vhost_url) as client:
        await client.channel.queue_delete(OWN)
        await eventually(lambda: len(run.logged("consuming")) == 2, "it consumes again")
        wait_until(lambda: bound("in.webhook") == {OWN}, "it is bound")
        await client.publish("webhook", message(1))
        assert len(await client.jobs("m-hook", 1)) == 1
