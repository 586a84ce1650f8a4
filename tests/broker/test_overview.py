"""What workers publish of themselves, and what becomes of it, on a real broker."""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
from collections import Counter, defaultdict
from contextlib import aclosing
from dataclasses import replace

import aio_pika
import pytest

from tests.broker.client import Client
from tests.broker.service import COMMAND, PATIENCE, PointsmanRun, eventually
from tests.broker.users import grant, planned_users, url_of
from tests.routing.tables import table
from worker.log import open_log
from worker.overview.lookout import Lookout
from worker.overview.publish_reports import publish_reports
from worker.overview.report import LARGEST, PastStep, Report
from worker.overview.reporter import Reporter
from worker.service.readiness import Readiness
from worker.settings import Settings

CONFIG = {
    "model": {
        "default": "m",
        "routes": [
            {"match": {"platform": "slack"}, "model": "other", "name": "to other"},
            {"match": {"platform": "discord"}, "queue": "batch"},
            {"match": {"platform": "cron"}, "deny": True, "name": "no cron"},
        ],
    },
    "platforms": {"telegram": {}, "discord": {}, "slack": {}},
}
PLATFORMS = ("telegram", "slack", "discord", "cron")
_SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")


def message(number: int, **fields):
    source = {"chat_id": str(number), "chat_type": "dm", "user_id": "9"}
    return {"message_id": f"m-{number}", "text": "hello", "source": source, **fields}


async def feed(url: str, count: int, first: int = 0) -> None:
    """Publish to all four platforms in turn, then a body that is none and a repeat."""
    async with Client(url) as client:
        for number in range(first, first + count):
            await client.publish(PLATFORMS[number % 4], message(number))
        await client.publish("telegram", b"[]")
        await client.publish("telegram", message(first))


def metrics(*runs) -> dict[tuple[str, ...], float]:
    """The sum of the samples of all pages, by name and labels."""
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    for run in runs:
        for line in run.read("/metrics")[1].splitlines():
            if (found := _SAMPLE.match(line)) is not None:
                labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found["labels"] or "")
                key = (found["name"], *(value for _, value in sorted(labels)))
                sums[key] += float(found["value"])
    return sums


def top(url: str, run, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed `pointsman top`."""
    return subprocess.run(
        [*COMMAND, "top", f"--config={run.config}", *arguments],
        env={**os.environ, "POINTSMAN_AMQP_URL": url, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


async def first(lookout: Lookout, condition):
    """Return the first overview of which something is true."""
    async with asyncio.timeout(PATIENCE), aclosing(lookout.overviews()) as overviews:
        async for overview in overviews:
            if condition(overview):
                return overview
    raise AssertionError


async def figures_of(client: Client) -> aio_pika.abc.AbstractExchange:
    """The exchange, which a worker declares a moment after it is ready."""
    return await client.channel.declare_exchange("figures", "fanout", durable=True)


async def reports(client: Client) -> aio_pika.abc.AbstractQueue:
    """A queue that hears all figures."""
    queue = await client.channel.declare_queue("figures.test", exclusive=True)
    await queue.bind(await figures_of(client))
    return queue


async def next_report(queue):
    return await eventually(lambda: queue.get(fail=False, no_ack=True), "a report")


async def test_the_sum_is_that_of_all_metrics_pages(vhost_url, worker_url, run_pointsman):
    """What `top` says of two workers is what both of their pages say together."""
    one, two = (run_pointsman(CONFIG, worker_id=name) for name in ("one", "two"))
    await feed(vhost_url, 200)
    one.signal(signal.SIGSTOP)  # else it does all of it alone, on a broker without priorities
    one.signal(signal.SIGCONT)
    await eventually(
        lambda: sum(len(run.logged("delivery")) for run in (one, two)) == 202, "all have ended"
    )
    done = await asyncio.to_thread(top, worker_url, one, "--once", "--format=json")
    assert (done.returncode, done.stderr) == (0, "")
    said, pages = json.loads(done.stdout), metrics(one, two)
    assert {each["id"]: each["state"] for each in said["workers"]} == {
        "one": "ready",
        "two": "ready",
    }
    for outcome in ("accepted", "duplicate", "released"):
        assert said["totals"][outcome] == pages["pointsman_deliveries_total", outcome, ""]
    for dead in said["dead"]:
        reason = dead["reason"]
        assert dead["count"] == pages["pointsman_deliveries_total", "dead", reason] > 0
    jobs: dict[tuple[str, ...], int] = defaultdict(int)
    messages: dict[tuple[str, ...], int] = defaultdict(int)
    for flow in said["flows"]:
        kind, accepted = flow["source_kind"], flow["outcome"] == "accepted"
        jobs[flow["model"], flow["route"], kind] += flow["count"] * accepted
        messages[flow["platform"], kind] += flow["count"]
    told = {key[1:]: value for key, value in pages.items() if key[0] == "pointsman_jobs_total"}
    assert {key: count for key, count in jobs.items() if count} == told
    assert sum(jobs.values()) == 150
    for (platform, kind), count in messages.items():
        assert count == pages["pointsman_messages_total", platform, kind]
    latency = said["latency"]["counts"][-1]
    assert latency == pages["pointsman_delivery_duration_seconds_count",]
    hits = {rule["name"]: rule["hits"] for rule in said["rules"]}
    assert hits == {"no cron": 50, "to other": 50, "routes[1]": 50, "base": 51}
    served = {each["worker"] for each in said["partitions"]}
    assert served <= {"one", "two"}
    assert len(said["partitions"]) == 8


async def test_reports_are_small_and_transient(vhost_url, run_pointsman):
    """Each second a worker says how it is: not persistent, 32 KiB at most, and once more at its end."""
    run = run_pointsman(CONFIG, worker_id="one")
    async with Client(vhost_url) as client:
        queue = await reports(client)
        said = [await next_report(queue) for _ in range(2)]
        run.stop()
        last = await next_report(queue)
        assert await queue.get(fail=False) is None
    for each in (*said, last):
        assert len(each.body) <= LARGEST
        assert each.delivery_mode == aio_pika.DeliveryMode.NOT_PERSISTENT
    earlier, later = (Report.decode(each.body) for each in said)
    assert later.sequence == earlier.sequence + 1
    assert later.state.ready
    assert Report.decode(last.body).state.draining


async def test_what_was_before_anybody_listened_is_told(vhost_url, run_pointsman):
    """A worker keeps its last ten minutes by itself; reports tell all of it to whoever comes later."""
    run = run_pointsman(CONFIG, worker_id="one")
    await feed(vhost_url, 8)
    await eventually(lambda: len(run.logged("delivery")) == 10, "all have ended")
    steps: dict[int, PastStep] = {}
    async with Client(vhost_url) as client:
        queue = await reports(client)
        while sum(each.accepted + each.duplicate for each in steps.values()) < 7:
            steps.update(
                {each.step: each for each in Report.decode((await next_report(queue)).body).past}
            )
    dead = Counter(reason for each in steps.values() for reason, _ in each.dead)
    assert dead.keys() == {"denied", "malformed"}
    assert sum(number for each in steps.values() for _, number in each.dead) == 3
    assert sum(number for each in steps.values() for _, number in each.latency) == 9


async def test_an_alarm_piles_up_no_reports(own_broker, tmp_path):
    """While the broker blocks nothing is kept back: afterwards two reports at most are older than now."""
    node = own_broker()
    with PointsmanRun(node.url("/"), CONFIG, tmp_path, worker_id="one") as run:
        async with Client(node.url("/")) as client:
            queue = await reports(client)
            await next_report(queue)
            node.rabbitmqctl("set_vm_memory_high_watermark", "0.0001")
            await eventually(lambda: not run.is_ready, "blocked")
            blocked = metrics(run)
            await eventually(
                lambda: metrics(run)["pointsman_publishing_blocked_seconds_total",] > 6, "6 seconds"
            )
            assert blocked["pointsman_publishing_blocked",] == 1
            node.rabbitmqctl("set_vm_memory_high_watermark", "0.6")
            await eventually(lambda: run.is_ready, "ready again")
            sequences: list[int] = []
            while len(sequences) < 2 or sequences[-1] - sequences[-2] <= 1:
                sequences.append(Report.decode((await next_report(queue)).body).sequence)
    assert sequences[-1] - sequences[-2] > 3, sequences


async def test_a_listener_that_hangs_costs_nothing(vhost_url, worker_url, run_pointsman):
    """Whoever binds a queue and takes nothing finds three seconds of reports, and no worker waits."""
    run = run_pointsman(CONFIG, worker_id="one")
    looking = await asyncio.create_subprocess_exec(
        *COMMAND,
        "top",
        f"--config={run.config}",
        "--format=json",
        env={**os.environ, "POINTSMAN_AMQP_URL": worker_url},
        stdout=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    assert looking.stdout is not None
    try:
        line = await asyncio.wait_for(looking.stdout.readuntil(), PATIENCE)
        assert json.loads(line)["version"] == "1"
        looking.send_signal(signal.SIGSTOP)
        await feed(vhost_url, 400)
        await eventually(lambda: len(run.logged("delivery")) == 402, "all have ended")
        assert run.is_ready
        looking.send_signal(signal.SIGCONT)
        looking.terminate()
        await asyncio.wait_for(looking.communicate(), PATIENCE)
        assert looking.returncode == 0
    finally:
        if looking.returncode is None:
            looking.kill()


async def test_who_stops_looking_leaves_nothing_behind(listed, worker_url, run_pointsman):
    """The first who looks binds a queue, the second shares it, and with the last it is gone."""

    def queues() -> list[str]:
        names = (each["name"] for each in listed("queues", "name"))
        return [name for name in names if name.startswith("figures")]

    run_pointsman(CONFIG, worker_id="one")
    lookout = Lookout(Settings.load({"amqp_url": worker_url}, {}, {}))
    one, two = lookout.overviews(), lookout.overviews()
    for each in (one, two):
        while not (await anext(each)).workers:
            pass
    assert len(await asyncio.to_thread(queues)) == 1
    await one.aclose()
    assert (await anext(two)).workers
    await two.aclose()
    await eventually(lambda: asyncio.to_thread(lambda: not queues()), "the queue is gone")
    again = lookout.overviews()
    assert (await anext(again)).listened < 2
    await again.aclose()
    await lookout.close()


async def test_without_the_permission_a_worker_works(broker, vhost, vhost_url, run_pointsman):
    """A worker that may not publish its figures says so once, and routes all the same."""
    worker, *_ = planned_users(CONFIG)
    names = "^(in|inbound|turns|dead|batch)"
    user = replace(worker, name="an-older-one")
    grant(broker, vhost, [user])
    broker.rabbitmqctl("set_permissions", "-p", vhost, user.name, names, names, names)
    run = run_pointsman(CONFIG, url_of(broker, vhost, user))
    assert "ACCESS_REFUSED" in run.wait_for_log("figures are not published")["why"]
    await feed(vhost_url, 40)
    await eventually(lambda: len(run.logged("delivery")) == 42, "all have ended")
    assert run.is_ready
    assert len(run.logged("figures are not published")) == 1


async def test_whenever_it_is_told_to_end_it_ends(vhost_url):
    """Cancelled at any moment of connecting and publishing, a worker's figures keep nobody waiting."""
    settings = Settings.load({"amqp_url": vhost_url}, {}, {})
    reporter = Reporter(settings, Readiness("0123456789ab", 8), table)
    log = open_log("json", "error", io.StringIO())
    for milliseconds in range(0, 60, 2):
        publishing = asyncio.create_task(publish_reports(settings, reporter, lambda: True, log))
        lookout = Lookout(settings)
        looking = asyncio.create_task(anext(lookout.overviews()))
        await asyncio.sleep(milliseconds / 1000)
        publishing.cancel()
        await asyncio.wait_for(lookout.close(), PATIENCE)
        looking.cancel()
        done, _ = await asyncio.wait({publishing, looking}, timeout=PATIENCE)
        assert done == {publishing, looking}
        assert publishing.cancelled()


@pytest.mark.parametrize("body", [b"x" * 100_000, b'{"version":"1"}', b"[" * 10_000])
async def test_whatever_is_on_the_exchange_is_survived(body, vhost_url, worker_url, run_pointsman):
    """What is no report is told of, and the workers are shown as before."""
    run_pointsman(CONFIG, worker_id="one")
    lookout = Lookout(Settings.load({"amqp_url": worker_url}, {}, {}))
    async with Client(vhost_url) as client, aclosing(lookout.overviews()) as overviews:
        exchange = await figures_of(client)
        async with asyncio.timeout(PATIENCE):
            async for overview in overviews:
                await exchange.publish(aio_pika.Message(body), "", mandatory=False)
                if overview.workers and overview.unreadable:
                    break
    await lookout.close()
    assert [problem.code for problem in overview.problems] == ["unreadable"]
    assert [view.state for view in overview.workers] == ["ready"]


async def test_top_says_that_nobody_is_there(vhost_url, run_pointsman):
    """With another prefix there is no exchange; after the last worker's end nobody is heard."""
    run = run_pointsman(CONFIG)
    done = await asyncio.to_thread(top, vhost_url, run, "--once", "--prefix=other.")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "has a worker run with this broker" in done.stderr
    run.stop()
    done = await asyncio.to_thread(top, vhost_url, run, "--once")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no worker is heard" in done.stderr
