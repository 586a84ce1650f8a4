"""What an operator finds in the log: a line for every delivery, and what became of it."""

import json
import re
import signal
from typing import Any

from tests.broker.client import Client
from tests.broker.raw_publisher import RawPublisher
from tests.broker.service import eventually

TABLE = {
    "model": {
        "default": "m-base",
        "routes": [{"match": {"source_kind": "stranger"}, "model": "m-stranger"}],
    },
    "platforms": {"telegram": {"home_channel": "42"}},
}
SAID = "canary-what-was-said"


def message(message_id: str, chat: str = "7", **fields: Any) -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": message_id, "text": SAID, "source": source, **fields}


async def test_every_delivery_is_one_line(vhost_url, run_pointsman):
    """Accepted, dead or duplicate: one line with ids, platform, source kind, route, queue, outcome, reason and time."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        await client.publish("telegram", message("1", chat="42"))
        await client.publish("telegram", message("2"))
        await eventually(lambda: len(run.logged("delivery")) == 2, "two have ended")
        await client.publish("telegram", message("2"))
        await client.publish("telegram", message("3", hops=99))
        await client.publish("telegram", SAID.encode())
        await eventually(lambda: len(run.logged("delivery")) == 5, "five have ended")
        jobs = await client.jobs("m-base", 1) + await client.jobs("m-stranger", 1)
    lines = run.logged("delivery")
    assert [
        [line.get(name) for name in ("outcome", "message_id", "source_kind", "route", "queue")]
        for line in lines
    ] == [
        ["accepted", "1", "owner", "base", "turns.m-base"],
        ["accepted", "2", "stranger", "routes[0]", "turns.m-stranger"],
        ["duplicate", "2", "stranger", "routes[0]", "turns.m-stranger"],
        ["dead", "3", None, None, None],
        ["dead", None, None, None, None],
    ]
    assert [line.get("reason") for line in lines] == [None, None, None, "loop", "malformed"]
    assert [line.get("turn_id") for line in lines[:2]] == [job["turn_id"] for job in jobs]
    assert lines[2]["turn_id"] == lines[1]["turn_id"]
    assert [line["conversation"] for line in lines[:2]] == [job["conversation_id"] for job in jobs]
    assert {line["platform"] for line in lines} == {"telegram"}
    assert all(line["ms"] >= 0 and line["partition"] in range(8) for line in lines)
    assert SAID not in run.text


async def test_deliveries_over_the_rate_are_counted_until_a_signal_asks_for_all(
    vhost_url, run_pointsman
):
    """With `log_rate` a delivery has a line or is in a number; after SIGUSR1 each has a line, until SIGUSR2."""
    run = run_pointsman(TABLE, log_rate="1/s", log_level="info")

    def told() -> int:
        skipped = sum(int(line["accepted"]) for line in run.logged("deliveries not logged"))
        return skipped + len(run.logged("delivery", outcome="accepted"))

    async with Client(vhost_url) as client:
        for number in range(30):
            await client.publish("telegram", message(f"few-{number}"))
        await eventually(lambda: told() == 30, "every delivery is told, though nothing follows")
        assert run.logged("deliveries not logged")
        await client.publish("telegram", b"[]")
        await eventually(
            lambda: run.logged("delivery", outcome="dead"), "it has a line in any case"
        )
        run.signal(signal.SIGUSR1)
        await eventually(lambda: run.logged("log is whole"), "the signal was heard")
        for number in range(10):
            await client.publish("telegram", message(f"all-{number}"))
        wanted = [f"all-{number}" for number in range(10)]
        await eventually(
            lambda: [line["message_id"] for line in run.logged("delivery")][-10:] == wanted,
            "each has a line of its own",
        )
        run.signal(signal.SIGUSR2)
        await eventually(lambda: run.logged("log is as set", log_level="info"), "heard as well")


async def test_a_repeat_is_acked_without_a_second_job(vhost_url, run_pointsman):
    """A feeder's retry under the same message id is taken off its queue and makes no second job."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        for _ in range(3):
            await client.publish("telegram", message("1"))
        await client.publish("telegram", message("2"))
        jobs = await client.jobs("m-stranger", 2)
        await eventually(lambda: len(run.logged("delivery")) == 4, "all have ended")
        assert [job["message"]["message_id"] for job in jobs] == ["1", "2"]
    assert len(run.logged("delivery", outcome="duplicate")) == 2


async def test_bare_messages_are_never_repeats(vhost_url, run_pointsman):
    """A second "yes" without an id is a second turn, and the job says that its id was derived."""
    run_pointsman(TABLE)
    bare = json.dumps({"text": "yes", "source": {"chat_id": "7", "chat_type": "dm"}}).encode()
    # Client libraries give every message an AMQP message id of its own, and that is no bare one.
    with RawPublisher(vhost_url) as feeder:
        for _ in range(3):
            feeder.publish("in.telegram", bare)
    async with Client(vhost_url) as client:
        jobs = await client.jobs("m-stranger", 3)
    assert [job["message_id_derived"] for job in jobs] == [True] * 3


async def test_a_redelivered_message_is_the_same_turn(vhost, vhost_url, broker, run_pointsman):
    """What comes again after a lost connection, its job unconfirmed, is published under the same turn id."""
    run = run_pointsman(TABLE, turns_max_length=1, window_count=0)
    async with Client(vhost_url) as client:
        for number in range(1, 6):
            await client.publish("telegram", message(str(number)))
        await eventually(lambda: run.logged("refused"), "the model queue is full")
    broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by a test")
    run.wait_for_log("broker lost")
    assert run.wait_for_log("released")["deliveries"] >= 1
    async with Client(vhost_url) as client:
        collector = await client.collect("turns.m-stranger")
        ended = {"1", "2", "3", "4", "5"}
        await eventually(
            lambda: {line["message_id"] for line in run.logged("delivery")} == ended, "all ended"
        )
        await client.empty("turns.m-stranger")
        turns = {(job["message"]["message_id"], job["turn_id"]) for job in collector.jobs}
    assert sorted(message_id for message_id, _ in turns) == sorted(ended)
    assert run.logged("delivery", redelivered=True)


async def test_a_conversation_under_two_routing_keys_is_warned_about(vhost_url, run_pointsman):
    """A feeder that splits a conversation is told in the log."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        await client.publish("telegram", message("1"))
        await client.publish("telegram", message("2"), routing_key="another")
        await client.jobs("m-stranger", 2)
        await eventually(
            lambda: [line for line in run.log if "two routing keys" in str(line["event"])], "warned"
        )


def test_start_and_end_are_told(vhost_url, run_pointsman, broker):
    """The log begins with what it listens on and consumes, and ends with its drain."""
    run = run_pointsman(TABLE, worker_id="the-worker", partitions=2)
    run.stop()
    consuming = run.logged("consuming")[0]
    assert consuming["worker_id"] == "the-worker"
    assert consuming["partitions"] == 2
    assert re.fullmatch(r"[0-9a-f]{12}", consuming["table"])
    assert re.match(r"\d+\.\d+", consuming["broker"])
    assert [line["event"] for line in run.log][-2:] == ["draining", "stopped"]
    old = consuming["broker"].startswith("3.")
    assert bool([line for line in run.log if "ignores consumer priorities" in line["event"]]) == old


def test_a_table_with_problems_is_told_at_the_start(vhost_url, run_pointsman):
    """Each warning of the table is a line of the log."""
    run = run_pointsman({**TABLE, "trust": "open"})
    (line,) = [line for line in run.logged("configuration") if "trust" in line["problem"]]
    assert line["level"] == "warning"
