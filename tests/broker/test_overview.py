"""What workers publish of themselves, and what a lookout makes of it."""

import asyncio
import re
from collections import defaultdict
from contextlib import aclosing

from tests.broker.client import Client
from worker.overview.lookout import Lookout
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
_SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")


def message(number: int, **fields):
    source = {"chat_id": str(number), "chat_type": "dm", "user_id": "9"}
    return {"message_id": f"m-{number}", "text": "hello", "source": source, **fields}


def metrics(*runs) -> dict[tuple[str, ...], float]:
    """The sum of the samples of all pages, by name and labels."""
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    for run in runs:
        for line in run.read("/metrics")[1].splitlines():
            if (found := _SAMPLE.match(line)) is not None:
                labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found["labels"] or "")
                sums[found["name"], *(value for _, value in sorted(labels))] += float(
                    found["value"]
                )
    return sums


def lookout_for(url: str, **settings: str) -> Lookout:
    return Lookout(Settings.load({"amqp_url": url, **settings}, {}, {}))


async def first(lookout: Lookout, condition):
    """Return the first overview of which something is true."""
    async with asyncio.timeout(30), aclosing(lookout.overviews()) as overviews:
        async for overview in overviews:
            if condition(overview):
                return overview
    raise AssertionError


async def feed(url: str, count: int) -> None:
    async with Client(url) as client:
        for number in range(count):
            platform = ("telegram", "slack", "discord", "cron")[number % 4]
            await client.publish(platform, message(number))
        await client.publish("telegram", b"[]")
        await client.publish("telegram", message(0))


async def test_the_sum_is_that_of_all_metrics_pages(vhost_url, worker_url, run_pointsman):
    """What a lookout has heard of two workers is what both of their pages say together."""
    url = worker_url
    runs = [run_pointsman(CONFIG, worker_id=name) for name in ("one", "two")]
    await feed(vhost_url, 200)
    lookout = lookout_for(url)
    try:
        overview = await first(
            lookout, lambda overview: overview.totals.accepted + overview.totals.dead >= 201
        )
    finally:
        await lookout.close()
    pages = metrics(*runs)
    totals = overview.totals
    assert {view.id for view in overview.workers} == {"one", "two"}
    assert {view.state for view in overview.workers} == {"ready"}
    assert totals.accepted == pages["pointsman_deliveries_total", "accepted", ""] == 150
    assert totals.dead == 51
