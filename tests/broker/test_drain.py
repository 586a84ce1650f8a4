"""Workers that are told to leave."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests.broker.client import Client
from tests.broker.service import PointsmanRun, eventually, wait_until
from tests.broker.traffic import TABLE, Feeder, Ledger, all_arrived, rounds, runners
from worker.demo.private_broker import PrivateBroker

ONE_MODEL = {"model": "m", "platforms": {"telegram": {}}}


def message(number: int, chat: str = "c") -> dict[str, object]:
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": str(number), "text": "hi", "source": source}


@pytest.fixture
def alarming(broker: PrivateBroker) -> Iterator[PrivateBroker]:
    """The session's node, for a test that makes it run out of memory."""
    yield broker
    broker.set_memory_alarm(on=False)


async def test_a_standby_takes_over_in_order(vhost_url, run_pointsman):
    """A worker drained under load exits with 0 and has published nothing twice; the next goes on in order."""
    leaving = run_pointsman(TABLE, turns_single_active="true", worker_id="leaving")
    standby = run_pointsman(TABLE, turns_single_active="true", worker_id="standby")
    ledger = Ledger()
    async with runners(vhost_url, ledger):
        feeding = asyncio.create_task(Feeder(vhost_url, ledger).feed(rounds(100, 40)))
        await eventually(lambda: ledger.jobs > 1000, "a quarter of the jobs")
        await asyncio.to_thread(leaving.stop)
        await feeding
        await all_arrived(ledger)
    assert len(ledger.confirmed) == 4000
    assert ledger.wrong == []
    assert ledger.repeats == 0
    assert all(worker.logged("delivery", outcome="accepted") for worker in (leaving, standby))
    assert not leaving.logged("drain timed out")


async def test_what_waits_for_a_full_queue_is_released(vhost_url, run_pointsman):
    """A drain does not wait for lanes that are held up; the next worker delivers them in order."""
    run = run_pointsman(ONE_MODEL, turns_max_length=2, lane_deadline="100s")
    async with Client(vhost_url) as client:
        for number in range(1, 10):
            await client.publish("telegram", message(number))
        await eventually(lambda: run.logged("refused"), "the queue is full")
        await asyncio.to_thread(run.stop, timeout=5)
        run_pointsman(ONE_MODEL, turns_max_length=2)
        jobs = await client.jobs("m", 9)
    assert [int(job["message"]["message_id"]) for job in jobs] == list(range(1, 10))


async def in_flight(vhost_url: str, run: PointsmanRun, node: PrivateBroker) -> None:
    """Bring the worker to have a publish that is not confirmed until the alarm ends."""
    async with Client(vhost_url) as client:
        for number in range(1, 6):
            await client.publish("telegram", message(number))
    wait_until(lambda: run.logged("refused"), "the queue is full")
    node.set_memory_alarm(on=True)
    wait_until(lambda: not run.is_ready, "a publish is on its way and not confirmed")


async def test_a_drain_ends_with_its_time(vhost_url, run_pointsman, alarming):
    """What is not confirmed within `drain_timeout` goes back to the broker, and the exit code is 0."""
    run = run_pointsman(
        ONE_MODEL, turns_max_length=1, retry_backoff_max="200ms", drain_timeout="1s"
    )
    await in_flight(vhost_url, run, alarming)
    await asyncio.to_thread(run.stop, timeout=15)
    assert run.logged("drain timed out")
    alarming.set_memory_alarm(on=False)
    run_pointsman(ONE_MODEL, turns_max_length=1)
    async with Client(vhost_url) as client:
        jobs = await client.jobs("m", 5)
    ids = [job["message"]["message_id"] for job in jobs]
    assert list(dict.fromkeys(ids)) == ["1", "2", "3", "4", "5"]


async def test_a_second_sigterm_ends_it_at_once(vhost_url, run_pointsman, alarming):
    """Told twice, it waits for no confirm."""
    run = run_pointsman(
        ONE_MODEL, turns_max_length=1, retry_backoff_max="200ms", drain_timeout="600s"
    )
    await in_flight(vhost_url, run, alarming)
    run.signal(signal.SIGTERM)
    run.wait_for_log("draining")
    assert run.exit_code is None
    await asyncio.to_thread(run.stop, timeout=15)


def test_a_frozen_broker_does_not_hold_it(own_broker, tmp_path):
    """SIGTERM ends a worker whose broker has frozen, without a confirm, an answer or a close."""
    node = own_broker()
    run = PointsmanRun(node.url(), ONE_MODEL, tmp_path, drain_timeout="2s")
    run.wait_ready()
    node.freeze()
    try:
        opening = PointsmanRun(node.url(), ONE_MODEL, tmp_path, drain_timeout="2s")
        opening.wait_for_log("listening")
        run.signal(signal.SIGTERM)
        opening.signal(signal.SIGTERM)
        run.wait_exit(0, timeout=20)
        opening.wait_exit(0, timeout=20)
    finally:
        node.thaw()
