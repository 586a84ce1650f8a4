"""Agents that answer each other for ever, and floods: what ends them, and what does not."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aio_pika.abc import AbstractIncomingMessage

from tests.broker.client import Client
from tests.broker.service import PointsmanRun, wait_until

PARTITIONS = 2
AGENTS = ("slate", "quartz")
TABLE: dict[str, Any] = {
    "model": {
        "default": "m",
        "routes": [{"match": {"agent_id": name}, "model": f"m-{name}"} for name in AGENTS],
    },
    "platforms": {"telegram": {}, "hub": {}},
}


class Runner:
    """The runner of one agent: answers every turn with a message to whoever wrote."""

    def __init__(self, name: str, client: Client, *, passes_hops: bool) -> None:
        self.name = name
        self._client = client
        self._passes_hops = passes_hops
        self.turns = 0

    @classmethod
    @asynccontextmanager
    async def running(cls, name: str, url: str, *, passes_hops: bool) -> AsyncIterator["Runner"]:
        async with Client(url) as client:
            runner = cls(name, client, passes_hops=passes_hops)
            queue = await client.channel.get_queue(f"turns.m-{name}", ensure=False)
            await queue.consume(runner._run)
            yield runner

    async def say(self, to: str, number: int, hops: int = 0) -> None:
        """Publish a message to another agent, as a hub would."""
        message = {
            "message_id": f"{self.name}-{number}",
            "text": "and what do you say to that?",
            "agent_id": to,
            "source": {"user_id": self.name, "chat_id": f"hub:{self.name}", "chat_type": "dm"},
        }
        await self._client.publish("hub", {**message, **({"hops": hops} if hops else {})})

    async def _run(self, message: AbstractIncomingMessage) -> None:
        job = json.loads(message.body)
        self.turns += 1
        hops = job["hops"] if self._passes_hops else 0
        await self.say(job["message"]["source"]["user_id"], self.turns, hops)
        await message.ack()


def ended(run: PointsmanRun, count: int) -> Any:
    """The totals of a worker once so many deliveries have ended."""
    totals = run.get("/ready")[1]["totals"]
    return sum(totals["outcomes"].values()) == count and totals


async def talk(run: PointsmanRun, url: str, *, passes_hops: bool) -> tuple[int, float, Any]:
    """Have two agents answer each other: how many turns it took, for how long, what ended it."""
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(Runner.running(name, url, passes_hops=passes_hops))
            for name in AGENTS
        ]
        client = await stack.enter_async_context(Client(url))
        began = time.monotonic()
        await one.say(other.name, 0)
        letters = await client.dead_letters(1)
        seconds = time.monotonic() - began
        queues = [f"inbound.{number}" for number in range(PARTITIONS)]
        for queue in (*queues, *(f"turns.m-{name}" for name in AGENTS), "dead"):
            await client.empty(queue)
        turns = one.turns + other.turns
        totals = wait_until(lambda: ended(run, turns + 1), "nothing is on its way any more")
        assert totals["outcomes"] == {"accepted": turns, "dead": 1}
        assert len(letters) == 1
        return turns, seconds, letters[0].headers


async def test_two_agents_that_answer_each_other_are_ended_by_the_defaults(
    run_pointsman, vhost_url
):
    """Without hops, a ping-pong ends within a minute at ten messages, by the limit of the pair."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    turns, seconds, headers = await talk(run, vhost_url, passes_hops=False)
    assert headers["x-dead-reason"] == "rate_limited"
    assert headers["x-dead-detail"] == (
        "limits.per_pair.hub_peer: more than 10/min from 'quartz' and 'slate' on hub"
    )
    assert 10 <= turns <= 10 + seconds / 6 + 1
    assert seconds < 60


async def test_two_agents_that_pass_hops_on_are_ended_by_them(run_pointsman, vhost_url):
    """With hops, a ping-pong ends as a loop once it has been passed on too often."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    turns, _, headers = await talk(run, vhost_url, passes_hops=True)
    assert headers["x-dead-reason"] == "loop"
    assert turns == 9


async def test_an_agents_own_echo_ends_at_once(run_pointsman, vhost_url):
    """A hub that sends an agent its own message back makes no turn of it."""
    run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        frame = {"type": "message", "data": {"from": "slate", "text": "hello"}, "agent_id": "slate"}
        await client.publish("hub", frame)
        (letter,) = await client.dead_letters(1)
        assert letter.headers["x-dead-reason"] == "loop"


def group_chat(people: int, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for number in range(count):
        source = {"chat_id": "g", "chat_type": "group", "user_id": f"u{number % people}"}
        yield (
            "telegram",
            {
                "message_id": str(number),
                "text": "everybody at once",
                "agent_id": "slate",
                "source": source,
            },
        )


async def test_a_lively_group_chat_is_not_limited(run_pointsman, vhost_url):
    """Sixty messages of twelve people to one agent within a second are sixty turns, by default."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        await client.publish_all(group_chat(12, 60))
        jobs = await client.jobs("m-slate", 60)
    assert len({job["turn_id"] for job in jobs}) == 60
    totals = wait_until(lambda: ended(run, 60), "all are settled")
    assert totals["outcomes"] == {"accepted": 60}


async def test_what_is_delayed_comes_in_order_and_no_sooner(run_pointsman, vhost_url):
    """`delay` holds a flood in its lane at the limit's rate; other conversations go on."""
    limits = {"per_sender": {"stranger": {"rate": "5/s", "burst": 1, "over": "delay"}}}
    run = run_pointsman({**TABLE, "limits": limits}, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        began = time.monotonic()
        await client.publish_all(group_chat(1, 6))
        jobs = await client.jobs("m-slate", 6)
        assert time.monotonic() - began >= 0.95
        assert [job["message"]["message_id"] for job in jobs] == list("012345")
    totals = wait_until(lambda: ended(run, 6), "all are settled")
    assert totals["outcomes"] == {"accepted": 6}
    assert 1 <= totals["delayed"] <= 5


@pytest.mark.parametrize("limits", ["off", {"per_sender": {"stranger": "2/h"}}])
async def test_another_table_may_change_limits(run_pointsman, vhost_url, limits):
    """A limit that another table does not have, or has otherwise, starts anew with the next message."""
    narrow = {**TABLE, "limits": {"per_sender": {"stranger": "1/h"}}}
    run = run_pointsman(narrow, partitions=PARTITIONS)
    messages = list(group_chat(1, 4))
    async with Client(vhost_url) as client:
        await client.publish_all(messages[:2])
        (letter,) = await client.dead_letters(1)
        assert letter.headers["x-dead-reason"] == "rate_limited"
        fresh = run.config.with_name("fresh.yaml")
        fresh.write_text(json.dumps({**TABLE, "limits": limits}), encoding="utf-8")
        fresh.rename(run.config)
        run.wait_for_log("table reloaded")
        await client.publish_all(messages[2:])
        jobs = await client.jobs("m-slate", 3)
    assert [job["message"]["message_id"] for job in jobs] == ["0", "2", "3"]
