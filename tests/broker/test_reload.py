"""Another table while the worker runs: taken whole or refused whole, and nothing is lost by it."""

import asyncio
import json
import signal
from collections import Counter, defaultdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.broker.client import Client
from tests.broker.service import PointsmanRun, eventually, wait_until

PARTITIONS = 2
TABLE: dict[str, Any] = {"model": "m-old", "platforms": {"telegram": {}}}
OTHER: dict[str, Any] = {"model": "m-new", "platforms": {"telegram": {}}}
BAD = {"model": "m-bad", "plattforms": {}}


def text_of(table: dict[str, Any]) -> str:
    return json.dumps(table)


def digest_of(table: dict[str, Any]) -> str:
    return sha256(text_of(table).encode()).hexdigest()[:12]


def replace_file(path: Path, text: str) -> None:
    """Write a file the way it ought to be done: whole, under another name, then renamed."""
    fresh = path.with_name("fresh.yaml")
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(path)


def put(run: PointsmanRun, table: dict[str, Any]) -> None:
    replace_file(run.config, text_of(table))


def state(run: PointsmanRun) -> dict[str, Any]:
    return run.get("/ready")[1]


def wait_in_use(run: PointsmanRun, table: dict[str, Any]) -> None:
    digest = digest_of(table)
    wait_until(lambda: state(run)["table"] == digest, f"{digest} is in use\n{run.tail()}")


def wait_refused(run: PointsmanRun) -> list[str]:
    refused = wait_until(lambda: state(run)["table_refused"], f"refused\n{run.tail()}")
    return list(refused["problems"])


def has_reloaded(run: PointsmanRun, times: int) -> bool:
    return len(run.logged("table reloaded")) == times


def message(number: int, chat: str = "c") -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": f"{chat}-{number}", "text": str(number), "source": source}


@pytest.mark.timeout(300)
async def test_a_hundred_reloads_under_load_lose_and_reorder_nothing(vhost_url, run_pointsman):
    """Through 100 changes of table each message becomes one job, in order per queue, all of it by one table."""
    tables = {digest_of(table): table["model"] for table in (TABLE, OTHER)}
    run = run_pointsman(TABLE, partitions=PARTITIONS, log_level="info")
    chats = [f"chat-{index}" for index in range(20)]
    done = asyncio.Event()

    async def talk(client: Client, chat: str) -> int:
        number = 0
        while not done.is_set():
            number += 1
            await client.publish("telegram", message(number, chat))
        return number

    async with Client(vhost_url) as client:
        old = await client.collect("turns.m-old")
        talking = [asyncio.create_task(talk(client, chat)) for chat in chats]
        for number in range(1, 101):
            put(run, OTHER if number % 2 else TABLE)
            await eventually(partial(has_reloaded, run, number), f"reload {number} of 100")
        new = await client.collect("turns.m-new")
        done.set()
        said = dict(zip(chats, await asyncio.gather(*talking), strict=True))
        total = sum(said.values())
        await eventually(lambda: len(old.messages) + len(new.messages) >= total, "all came")
        # What a queue still had would come now.
        assert [await client.waiting(queue) for queue in ("turns.m-old", "turns.m-new")] == [0, 0]

    counted = Counter(job["message"]["message_id"] for job in [*old.jobs, *new.jobs])
    expected = {f"{chat}-{n}" for chat in chats for n in range(1, said[chat] + 1)}
    assert set(counted) == expected
    assert set(counted.values()) == {1}
    for collector in (old, new):
        order = defaultdict(list)
        for job in collector.jobs:
            order[job["conversation_id"]].append(int(job["message"]["text"]))
            assert tables[job["route"]["table"]] == job["runtime"]["model"]
            assert collector.queue == f"turns.{job['runtime']['model']}"
        assert all(numbers == sorted(numbers) for numbers in order.values())
    assert len(old.messages) > 100
    assert len(new.messages) > 100
    assert not run.logged("delivery", outcome="dead")
    assert len(run.logged("consuming")) == 1


async def test_the_queue_of_a_new_model_is_there_before_its_first_job(vhost_url, run_pointsman):
    """A table's new models and queues exist once it is in use, and no job for them is refused."""
    another = {"model": {"default": "m-new", "routes": [{"match": {"chat_id": "q"}, "queue": "q"}]}}
    run = run_pointsman(TABLE, partitions=PARTITIONS, user_for=another)
    async with Client(vhost_url) as client:
        put(run, another)
        wait_in_use(run, another)
        assert await client.waiting("turns.m-new") == 0
        assert await client.waiting("q") == 0
        await client.publish("cli", message(1))
        await client.publish("cli", message(1, chat="q"))
        assert len(await client.jobs("m-new", 1)) == 1
        await (await client.collect("q")).wait_for(1)
    assert not run.logged("refused")


def test_a_queue_that_the_worker_may_not_declare_refuses_the_table(run_pointsman):
    """A queue of a rule's own naming needs a permission: without it the old table stays."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    put(run, {"model": {"default": "m", "routes": [{"match": {"chat_id": "q"}, "queue": "q"}]}})
    (problem,) = wait_refused(run)
    assert "ACCESS_REFUSED" in problem
    assert "'q'" in problem
    assert run.is_ready
    assert state(run)["table"] == digest_of(TABLE)


async def test_metrics_of_earlier_tables_go_a_while_after_them(vhost_url, run_pointsman):
    """What a table has routed is on `/metrics` when the next is in use, and gone with the one after."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    shown = 'pointsman_jobs_total{model="m-old",'
    async with Client(vhost_url) as client:
        await client.publish("cli", message(1))
        assert len(await client.jobs("m-old", 1)) == 1
        await eventually(lambda: run.logged("delivery"), "it is settled")
    for number, after in enumerate((True, False)):
        another = {"model": f"m-{number}"}
        put(run, another)
        wait_in_use(run, another)
        assert (shown in run.read("/metrics")[1]) is after


async def test_a_new_platform_is_let_in(vhost_url, run_pointsman):
    """A platform that a table brings has its exchange, bound, once the table is in use."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    another = {**OTHER, "platforms": {"telegram": {}, "matrix": {}}}
    async with Client(vhost_url) as client:
        put(run, another)
        wait_in_use(run, another)
        await client.publish("matrix", message(1))
        (job,) = await client.jobs("m-new", 1)
        assert job["source"]["platform"] == "matrix"


async def test_a_bad_table_is_refused_and_the_old_one_stays(vhost_url, run_pointsman):
    """A file with errors is said with the lines of `check`, once, and changes nothing."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    put(run, BAD)
    (problem,) = wait_refused(run)
    assert problem.startswith(f"{run.config}:1:20: error: unknown key `plattforms`")
    assert run.logged("table refused")[0]["problems"] == [problem]
    assert run.is_ready
    assert state(run)["table"] == digest_of(TABLE)
    async with Client(vhost_url) as client:
        await client.publish("telegram", message(1))
        (job,) = await client.jobs("m-old", 1)
        assert job["route"]["table"] == digest_of(TABLE)
    put(run, BAD)  # no worse than before
    put(run, OTHER)
    wait_in_use(run, OTHER)
    assert state(run)["table_refused"] is None
    assert len(run.logged("table refused")) == 1


def test_sighup_has_the_file_looked_at(run_pointsman):
    """SIGHUP takes a table, says of one that is the same that it is, and ends nothing."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    run.signal(signal.SIGHUP)
    assert run.wait_for_log("table unchanged")["table"] == digest_of(TABLE)
    put(run, OTHER)
    run.signal(signal.SIGHUP)
    line = run.wait_for_log("table reloaded")
    assert (line["old"], line["new"], line["rules"]) == (digest_of(TABLE), digest_of(OTHER), 0)
    assert line["ms"] > 0
    assert run.is_ready


def test_a_table_is_taken_the_way_kubernetes_brings_it(run_pointsman, tmp_path):
    """A link to a folder beside the file is turned to another folder, and that is a new table."""
    mount = tmp_path / "mount"
    for name in ("..1", "..2"):
        (mount / name).mkdir(parents=True)
    (mount / "..2" / "pointsman.yaml").write_text(text_of(OTHER), encoding="utf-8")
    (mount / "..data").symlink_to("..1")
    (mount / "pointsman.yaml").symlink_to("..data/pointsman.yaml")
    (tmp_path / "pointsman-0.yaml").symlink_to("mount/pointsman.yaml")  # what the run writes to
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    assert (mount / "..1" / "pointsman.yaml").is_file()
    (mount / "..data_tmp").symlink_to("..2")
    (mount / "..data_tmp").rename(mount / "..data")
    wait_in_use(run, OTHER)


def test_a_file_that_is_gone_for_a_moment_is_nothing_to_tell(run_pointsman):
    """A file that vanishes and comes back, or is written in two halves, is one reload."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    run.config.unlink()
    run.config.write_text(text_of(OTHER)[:10], encoding="utf-8")
    run.config.write_text(text_of(OTHER), encoding="utf-8")
    wait_in_use(run, OTHER)
    assert not run.logged("table refused")
    assert len(run.logged("table reloaded")) == 1


def test_a_file_that_is_gone_is_said_once(run_pointsman):
    """Without its file a worker goes on with the table it has, and says so."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    run.config.unlink()
    assert wait_refused(run) == [f"{run.config}: error: cannot be read: No such file or directory"]
    assert run.is_ready
    put(run, TABLE)
    wait_until(lambda: state(run)["table_refused"] is None, "nothing is refused any more")
    assert len(run.logged("table refused")) == 1
    assert not run.logged("table reloaded")


def test_what_needs_a_restart_is_named(run_pointsman):
    """Settings that only a start reads are named in the log and on /ready, and the rest is taken."""
    run = run_pointsman(TABLE)
    worker = {"prefetch": "7", "prefix": "x.", "queue_type": "quorum", "log_level": "error"}
    another = {**OTHER, "worker": worker}
    put(run, another)
    wait_in_use(run, another)
    # The flag has the last word on the log level, and quorum is what the process runs with.
    assert state(run)["needs_restart"] == ["prefetch", "prefix"]
    assert run.wait_for_log("a restart is needed")["settings"] == ["prefetch", "prefix"]
    put(run, OTHER)
    wait_in_use(run, OTHER)
    assert state(run)["needs_restart"] == []


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (
            {**OTHER, "trust": "open"},
            "`trust` is open here, and the worker was started with exchange",
        ),
        (
            {**OTHER, "worker": {"prefetch": "many"}},
            "`worker.prefetch`: 'many' is not a whole number",
        ),
    ],
)
def test_a_table_that_cannot_be_started_with_or_changes_trust_is_refused(
    run_pointsman, table, line
):
    """Whom to believe changes only with a restart, and settings must be usable."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    put(run, table)
    (problem,) = wait_refused(run)
    assert line in problem
    assert state(run)["table"] == digest_of(TABLE)


async def test_a_queue_that_is_otherwise_on_the_broker_refuses_its_table(vhost_url, run_pointsman):
    """A table whose new model queue exists otherwise is refused, naming queue and property."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        await client.channel.declare_queue("turns.m-new", durable=True)
        put(run, OTHER)
        (problem,) = wait_refused(run)
        assert problem.startswith("queue turns.m-new: ")
        await client.publish("telegram", message(1))
        assert len(await client.jobs("m-old", 1)) == 1
    assert len(run.logged("consuming")) == 1


async def test_a_queue_that_left_the_table_is_told_of_while_it_holds_jobs(vhost_url, run_pointsman):
    """It is named with the number of its jobs, in the log and on /ready, until it is empty."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        for number in range(1, 4):
            await client.publish("telegram", message(number))
        await eventually(lambda: len(run.logged("delivery")) == 3, "three jobs")
        put(run, OTHER)
        wait_until(lambda: state(run)["queues_left"] == {"turns.m-old": 3}, "it is told")
        told = run.logged("queues have left the table and hold jobs")
        assert told[0]["queues"] == {"turns.m-old": 3}
        await client.jobs("m-old", 3)
        run.signal(signal.SIGHUP)  # which looks at once, not within the minute
        wait_until(lambda: state(run)["queues_left"] == {}, "it is empty")


async def test_what_waits_for_room_keeps_its_decision(vhost_url, run_pointsman):
    """A turn held for a full queue goes there, in order, though the table has another by then."""
    run = run_pointsman(TABLE, partitions=PARTITIONS, turns_max_length=1, retry_backoff_max="200ms")
    async with Client(vhost_url) as client:
        for number in range(1, 6):
            await client.publish("telegram", message(number))
        await eventually(lambda: run.logged("refused", queue="turns.m-old"), "it is full")
        put(run, OTHER)
        wait_in_use(run, OTHER)
        await client.publish("telegram", message(6))
        old = await client.jobs("m-old", 5)
        assert [job["message"]["text"] for job in old] == list("12345")
        assert {job["route"]["table"] for job in old} == {digest_of(TABLE)}
        (job,) = await client.jobs("m-new", 1)
        assert job["route"]["table"] == digest_of(OTHER)


async def test_an_override_names_models_of_the_table_in_use(vhost_url, run_pointsman):
    """A model that left the table can be asked for no more, one that came can."""
    listed = {**TABLE, "models": ["m-once"]}
    run = run_pointsman(listed, partitions=PARTITIONS)
    another = {**TABLE, "models": ["m-now"]}
    put(run, another)
    wait_in_use(run, another)
    async with Client(vhost_url) as client:
        for number, model in enumerate(("m-once", "m-now")):
            await client.publish("telegram", {**message(number), "override": {"model": model}})
        (job,) = await client.jobs("m-old", 1)
        assert job["route"]["override_ignored"] == "unknown"
        (job,) = await client.jobs("m-now", 1)
        assert job["runtime"]["model"] == "m-now"


async def test_a_table_changed_while_the_broker_is_away_is_in_use_behind_it(own_broker, tmp_path):
    """Without a broker a table waits; with the broker it is in use, and its queues exist."""
    node = own_broker()
    with PointsmanRun(node.url(), TABLE, tmp_path, partitions=PARTITIONS) as run:
        node.stop()
        wait_until(lambda: not run.is_ready, "the broker is missed")
        put(run, OTHER)
        wait_until(lambda: run.logged("the table waits for the broker"), "it waits")
        assert state(run)["table"] == digest_of(TABLE)
        node.start()
        node.wait_ready()
        wait_in_use(run, OTHER)
        async with Client(node.url()) as client:
            await client.publish("telegram", message(1))
            assert len(await client.jobs("m-new", 1)) == 1


async def test_what_the_broker_will_not_have_keeps_no_connection_from_opening(own_broker, tmp_path):
    """A table changed while the broker is away is refused behind it as it would have been before."""
    node = own_broker()
    with PointsmanRun(node.url(), TABLE, tmp_path, partitions=PARTITIONS) as run:
        async with Client(node.url()) as client:
            await client.channel.declare_exchange("in.matrix", "direct", durable=True)
        node.stop()
        wait_until(lambda: not run.is_ready, "the broker is missed")
        put(run, {**OTHER, "platforms": {**OTHER.get("platforms", {}), "matrix": {}}})
        wait_until(lambda: run.logged("the table waits for the broker"), "it waits")
        node.start()
        node.wait_ready()
        wait_until(lambda: state(run)["table_refused"], "it is refused")
        run.wait_ready()
        assert state(run)["table"] == digest_of(TABLE)


async def test_a_table_waits_for_a_broker_that_takes_nothing(vhost_url, broker, run_pointsman):
    """While the broker blocks publishing a table that needs new queues is not in use, and then it is."""
    settings = {"turns_max_length": 1, "retry_backoff_max": "500ms", "publish_timeout": "1s"}
    run = run_pointsman(TABLE, partitions=PARTITIONS, **settings)
    async with Client(vhost_url) as client:
        for number in range(1, 6):
            await client.publish("telegram", message(number))
        await eventually(lambda: run.logged("refused"), "there is a retry to do all the time")
        broker.set_memory_alarm(on=True)
        try:
            await eventually(lambda: state(run)["publishing_blocked"], "it is blocked")
            put(run, OTHER)
            await eventually(lambda: run.logged("the table waits for the broker"), "it is told")
            assert state(run)["table"] == digest_of(TABLE)
        finally:
            broker.set_memory_alarm(on=False)
        wait_in_use(run, OTHER)
        assert len(await client.jobs("m-old", 5)) == 5
        await client.publish("telegram", message(6))
        assert len(await client.jobs("m-new", 1)) == 1
    assert len(run.logged("table reloaded")) == 1
