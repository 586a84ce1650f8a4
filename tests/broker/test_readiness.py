"""What `/live` and `/ready` say is true, of a worker on a real broker."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from contracts.rfc3339 import parse_rfc3339
from tests.broker.client import Client
from tests.broker.service import wait_until
from worker.demo.private_broker import PrivateBroker

TABLE = {"model": "m", "platforms": {"telegram": {}}}
MESSAGE = {"message_id": "1", "text": "hi", "source": {"chat_id": "c", "chat_type": "dm"}}


@pytest.fixture
def alarming(broker: PrivateBroker) -> Iterator[PrivateBroker]:
    """The session's node, for a test that makes it run out of memory."""
    yield broker
    broker.set_memory_alarm(on=False)


def test_a_worker_that_consumes_is_ready(run_pointsman):
    """Connected and consuming, it is live and ready and says how many partitions it consumes."""
    run = run_pointsman(TABLE, partitions=3)
    assert run.get("/live") == (200, {"live": True})
    status, report = run.get("/ready")
    assert status == 200
    table = run.logged("consuming")[0]["table"]
    assert report.pop("totals")["outcomes"] == {}
    assert parse_rfc3339(report.pop("table_loaded_at")) < datetime.now(UTC)
    assert report == {
        "ready": True,
        "connected": True,
        "channels_open": True,
        "partitions": 3,
        "partitions_consumed": 3,
        "publishing_blocked": False,
        "intake_paused": False,
        "draining": False,
        "table": table,
        "table_refused": None,
        "needs_restart": [],
        "queues_left": {},
        "problem": None,
    }


def test_a_table_whose_own_tests_fail_is_served(run_pointsman):
    """The `tests:` of a table are for `check`: a worker does not run them, and becomes ready."""
    failing = {"given": {"platform": "telegram"}, "expect": {"model": "another"}}
    run = run_pointsman({**TABLE, "tests": [failing]})
    assert run.get("/ready")[0] == 200


async def test_a_memory_alarm_makes_it_unready_while_it_lasts(vhost_url, run_pointsman, alarming):
    """A worker with something to publish tells of an alarm within 2 s, and goes on behind it."""
    # RabbitMQ tells a connection of an alarm when it publishes: here it always has a retry to do.
    run = run_pointsman(TABLE, turns_max_length=1, retry_backoff_max="500ms")
    async with Client(vhost_url) as client:
        for number in range(1, 6):
            await client.publish("telegram", {**MESSAGE, "message_id": str(number)})
        wait_until(lambda: run.logged("refused"), "the model queue is full")
        alarming.set_memory_alarm(on=True)
        wait_until(lambda: run.get("/ready")[0] == 503, "not ready", timeout=2)
        report = run.get("/ready")[1]
        assert (report["connected"], report["publishing_blocked"]) == (True, True)
        assert "memory or disk alarm" in report["problem"]
        assert run.get("/live")[0] == 200
        alarming.set_memory_alarm(on=False)
        run.wait_ready(2)
        assert len(await client.jobs("m", 5)) == 5
    assert len(run.logged("consuming")) == 1


async def test_a_worker_that_drains_is_live_and_not_ready(vhost_url, run_pointsman, alarming):
    """From SIGTERM until its end it says that it drains."""
    run = run_pointsman(TABLE, turns_max_length=1, drain_timeout="100s", retry_backoff_max="500ms")
    async with Client(vhost_url) as client:
        for number in range(1, 6):
            await client.publish("telegram", {**MESSAGE, "message_id": str(number)})
        wait_until(lambda: run.logged("refused"), "the model queue is full")
        alarming.set_memory_alarm(on=True)
        wait_until(lambda: not run.is_ready, "a publish is on its way and not confirmed")
        run.signal(signal.SIGTERM)
        wait_until(lambda: run.get("/ready")[1]["draining"], "it says that it drains")
        assert (run.get("/live")[0], run.get("/ready")[0]) == (200, 503)
        alarming.set_memory_alarm(on=False)
        run.wait_exit(0)


async def test_the_metrics_page_counts_what_came_and_what_became_of_it(vhost_url, run_pointsman):
    """Three turns, a repeat and a dead letter are on `/metrics` with rule, model and reason."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        for number in (1, 2, 3, 3):
            await client.publish("telegram", {**MESSAGE, "message_id": str(number)})
        await client.publish("telegram", {**MESSAGE, "message_id": "4", "hops": 99})
        assert len(await client.jobs("m", 3)) == 3
        assert len(await client.dead_letters(1)) == 1
        wait_until(lambda: len(run.logged("delivery")) == 5, "all are settled")
    status, page = run.read("/metrics")
    assert status == 200
    lines = page.splitlines()
    assert 'pointsman_jobs_total{model="m",route="base",source_kind="stranger"} 3.0' in lines
    assert 'pointsman_deliveries_total{outcome="duplicate",reason=""} 1.0' in lines
    assert 'pointsman_deliveries_total{outcome="dead",reason="loop"} 1.0' in lines
    assert 'pointsman_messages_total{platform="telegram",source_kind="stranger"} 4.0' in lines
    assert 'pointsman_deliveries_total{outcome="dead",reason="internal_error"} 0.0' in lines
    assert "pointsman_ready 1.0" in lines
