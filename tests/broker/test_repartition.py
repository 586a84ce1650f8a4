import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice, takewhile
from typing import Any

import aio_pika
import pytest
from aio_pika.exceptions import DeliveryError

from routing.load_table import load_table
from tests.broker.client import Client
from tests.broker.service import COMMAND, PATIENCE, PointsmanRun, eventually
from tests.broker.traffic import TABLE, Feeder, Ledger, Line, all_arrived, rounds, runners
from worker.repartition import plan_repartition
from worker.settings import Settings

# Feeders go on all the time: on a busy machine there is more and more to take.
pytestmark = pytest.mark.timeout(300)
_BUSY = 120.0  # seconds

CONVERSATIONS = 16
PAUSE = 0.025  # seconds between two messages of a conversation
BACKLOG = 250
KEYS = [f"{number:032x}" for number in range(300)]


class SteadyFeeder(Feeder):
    """Says the next line of every conversation now and then, until told to stop."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        super().__init__(url, ledger)
        self.stopped = False
        self.refused = 0

    async def feed_on(self) -> None:
        """Publish until `stopped`."""
        await self.feed(takewhile(lambda _: not self.stopped, rounds(CONVERSATIONS, 10**6)))

    async def _publish(self, channel: Any, lines: Sequence[Line]) -> list[Line]:
        await asyncio.sleep(PAUSE)
        rest = await super()._publish(channel, lines)
        self.refused += len(rest)
        return rest


class Site:
    """A vhost with feeders and runners that go on, whoever works in between."""

    def __init__(self, url: str, directory) -> None:
        self._url = url
        self._directory = directory
        self.settings: dict[str, Any] = {}
        self.ledger = Ledger()

    def config(self, partitions: int) -> dict[str, Any]:
        settings = {
            "partitions": partitions,
            "turns_single_active": "true",
            "window_count": 0,  # whatever the broker doubles shows
            "prefetch": 5,  # what waits does not come all at once, so it can be overtaken
            **self.settings,
        }
        return {**TABLE, "worker": settings}

    def start(self, *arguments: str, partitions: int = 8) -> subprocess.Popen[str]:
        """Start `pointsman topology` on the vhost."""
        table = self._directory / f"table-{partitions}.yaml"
        table.write_text(json.dumps(self.config(partitions)))
        environ = {k: v for k, v in os.environ.items() if not k.startswith("POINTSMAN_")}
        return subprocess.Popen(
            [*COMMAND, "topology", *arguments, "--config", str(table)],
            env={**environ, "POINTSMAN_AMQP_URL": self._url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *arguments: str, partitions: int = 8) -> str:
        """Run `pointsman topology`, which must succeed, and return what it says."""
        with self.start(*arguments, partitions=partitions) as process:
            out, complaint = process.communicate(timeout=_BUSY)
        assert process.returncode == 0, complaint
        return out

    def refused(self, *arguments: str) -> str:
        """Run `pointsman topology`, which must refuse in one line, and return that."""
        with self.start(*arguments) as process:
            out, complaint = process.communicate(timeout=_BUSY)
        assert process.returncode == 4, complaint
        assert (out, len(complaint.splitlines())) == ("", 1)
        return complaint

    def run(self, partitions: int) -> PointsmanRun:
        """Start a worker."""
        return PointsmanRun(self._url, self.config(partitions), self._directory)

    @asynccontextmanager
    async def traffic(self):
        """Feed and run turns inside the block; at its end a worker takes what is left."""
        self._feeder = SteadyFeeder(self._url, self.ledger)
        async with runners(self._url, self.ledger):
            self._feeding = asyncio.create_task(self._feeder.feed_on())
            yield
        assert self._feeding.done()
        assert self._feeder.refused == 0
        assert self.ledger.wrong == []

    async def pile_up(self, messages: int = BACKLOG) -> None:
        """Wait until so many more messages were published, with nobody to take them."""
        enough = len(self.ledger.confirmed) + messages
        await eventually(lambda: len(self.ledger.confirmed) >= enough, "a backlog")

    async def settle_down(self, partitions: int) -> None:
        """Let a worker with so many partitions take what is there and some more, to the end."""
        with self.run(partitions):
            await self.pile_up()
            self._feeder.stopped = True
            await self._feeding
            await all_arrived(self.ledger, _BUSY)


@pytest.fixture
def site(vhost_url, tmp_path) -> Site:
    return Site(vhost_url, tmp_path)


@pytest.fixture
def partitions(listed):
    """Ask the broker for its partition queues, what is bound to them, and the mark."""

    def ask() -> tuple[set[str], set[tuple[str, str]]]:
        names = {each["name"] for each in listed("queues", "name")}
        ends = ("source_name", "destination_name")
        bindings = ((each[end] for end in ends) for each in listed("bindings", *ends))
        bound = {
            (source, destination)
            for source, destination in bindings
            if source and "inbound" in destination
        }
        return {name for name in names if name.startswith("inbound.")}, bound

    return ask


def whole(count: int) -> tuple[set[str], set[tuple[str, str]]]:
    """The queues and bindings of a broker with so many partitions."""
    queues = {f"inbound.{number}" for number in range(count)}
    entries = {(f"in.{name}", "inbound") for name in ("cli", "cron", "hub", "redrive", "telegram")}
    return queues, {("inbound", name) for name in queues} | entries


@pytest.mark.parametrize(("before", "after"), [(4, 6), (6, 3), (1, 4), (4, 1)])
async def test_the_number_changes_while_feeders_go_on(site, partitions, before, after):
    """More or fewer partitions cost no message, no order and no repeat, while feeders go on."""
    site.call("apply", partitions=before)
    async with site.traffic():
        with site.run(before):
            await site.pile_up()
        said = await asyncio.to_thread(site.call, "repartition", str(after), "--apply")
        assert f"the broker has {after} partitions now" in said
        assert await asyncio.to_thread(partitions) == whole(after)
        await site.settle_down(after)
    assert site.ledger.repeats == 0


@pytest.mark.parametrize(("before", "after"), [(3, 6), (6, 3)])
async def test_conversations_that_moved_twice_keep_their_order(site, vhost_url, before, after):
    """What a conversation left in one partition on its way to the next is drained in its order."""
    site.call("apply", partitions=before)
    table = load_table(json.dumps(site.config(after)).encode(), {}).table
    assert table is not None
    settings = Settings.load({}, {}, {"turns_single_active": "true"})
    change = plan_repartition(table, settings, before, after)
    lines = rounds(CONVERSATIONS, 100)
    feeder = Feeder(vhost_url, site.ledger)
    async with Client(vhost_url) as client:
        # As if it had been cut off after the last step, and each step had taken its time.
        await client.channel.declare_queue(
            change.after.mark,
            durable=True,
            arguments={"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},
        )
        mark = aio_pika.Message(json.dumps({"from": before, "to": after}).encode())
        await client.channel.default_exchange.publish(mark, change.after.mark)
        await feeder.feed(islice(lines, 10))
        for step in change.added or change.removed:
            if change.grows:
                queue = await client.channel.declare_queue(
                    step.name, durable=True, arguments=step.arguments
                )
                await queue.bind("inbound", routing_key="1")
            else:
                queue = await client.channel.get_queue(step.name, ensure=False)
                await queue.unbind("inbound", routing_key="1")
            await feeder.feed(islice(lines, 10))
    async with runners(vhost_url, site.ledger):
        await asyncio.to_thread(site.call, "repartition", str(after), "--apply")
        with site.run(after):
            await all_arrived(site.ledger, _BUSY)
    assert (site.ledger.wrong, site.ledger.repeats) == ([], 0)


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [(4, 7, signal.SIGKILL), (5, 1, signal.SIGTERM)],
)
async def test_it_goes_on_where_it_was_cut_off(site, partitions, before, after, number):
    """Ended in the middle it keeps everybody else away, and the same command goes on with it."""
    site.call("apply", partitions=before)
    async with site.traffic():
        await site.pile_up(2 * BACKLOG)
        process = site.start("repartition", str(after), "--apply")
        await asyncio.to_thread(_wait_for_line, process, "draining")
        process.send_signal(number)
        _, complaint = await asyncio.to_thread(process.communicate)
        assert process.returncode == (-number if number == signal.SIGKILL else 130)
        if process.returncode > 0:
            again = f"go on with `pointsman topology repartition {after} --apply`"
            assert complaint.splitlines()[-1] == f"pointsman: stopped before the end; {again}"

        why = f"a repartition from {before} to {after} partitions is under way: finish it"
        run = site.run(before)
        await asyncio.to_thread(run.wait_exit, 4)
        assert why in run.complaints[-1]
        assert why in await asyncio.to_thread(site.refused, "repartition", "9", "--apply")

        await asyncio.to_thread(site.call, "repartition", str(after), "--apply")
        assert await asyncio.to_thread(partitions) == whole(after)
        await site.settle_down(after)
    if number == signal.SIGTERM:
        assert site.ledger.repeats == 0


@pytest.mark.parametrize(("before", "after", "drained"), [(2, 1, "inbound.1"), (1, 2, "inbound.0")])
async def test_what_is_gone_without_having_come_is_not_waited_for(
    site, partitions, vhost_url, before, after, drained
):
    """A drain ends although some of what waited when it began has left its queue otherwise."""
    site.settings = {"prefetch": 1, "turns_max_length": 1, "retry_backoff_max": "200ms"}
    site.call("apply", partitions=before)
    async with Client(vhost_url) as client:
        await _fill(client, "turns.m-default")  # so that nothing but one delivery comes
        chat = 0
        while await client.waiting(drained) < 5:
            chat += 1
            await client.publish("cli", {"text": "x", "source": {"chat_id": f"chat {chat}"}})

        async def has_begun() -> bool:
            return await client.waiting(drained) < 5

        repartition = asyncio.create_task(
            asyncio.to_thread(site.call, "repartition", str(after), "--apply")
        )
        await eventually(has_begun, "a delivery in hand")
        await client.purge(drained)
        await client.purge("turns.m-default")  # so that the one in hand is settled
        assert f"the broker has {after} partitions now" in await repartition
    assert await asyncio.to_thread(partitions) == whole(after)


async def _fill(client: Client, queue: str) -> None:
    message = aio_pika.Message(b"{}")
    with suppress(DeliveryError):
        while True:
            await client.channel.default_exchange.publish(message, queue)


def _wait_for_line(process: subprocess.Popen[str], beginning: str) -> None:
    assert process.stderr is not None
    assert any(line.startswith(beginning) for line in process.stderr)


async def test_the_plan_changes_nothing(site, partitions, vhost_url):
    """Without --apply it says what is there and what would be done, and nothing is done."""
    site.call("apply", partitions=3)
    async with Client(vhost_url) as client:
        for _ in range(5):
            await client.publish("cli", {"text": "x", "source": {"chat_id": "one"}})
        before = await asyncio.to_thread(partitions)
        plan = await asyncio.to_thread(site.call, "repartition", "5")
        assert "from 3 to 5 partitions" in plan
        assert plan.count(": 0 waiting") == 2
        assert plan.count(": 5 waiting") == 1
        assert "drain what inbound.0, inbound.1, inbound.2 holds\n  drain what inbound.3" in plan
        assert await asyncio.to_thread(partitions) == before == whole(3)
        await asyncio.to_thread(site.call, "repartition", "3", "--apply")
        assert await asyncio.to_thread(partitions) == before


async def test_it_waits_for_no_worker(site, partitions):
    """While a worker consumes it refuses, in one line, and changes nothing."""
    with site.run(3) as run:
        said = await asyncio.to_thread(site.refused, "repartition", "4", "--apply")
        assert said == "pointsman: queue inbound.0: has a consumer: stop the workers first\n"
        assert run.is_ready
    assert await asyncio.to_thread(partitions) == whole(3)


def test_what_it_cannot_do_it_refuses(site, broker, vhost, partitions):
    """Without partitions, with a gap in them, or where there are more than ten, it refuses."""
    assert "queue inbound.0: missing" in site.refused("repartition", "4")
    site.call("apply", partitions=11)
    assert "11 partitions cannot become 4" in site.refused("repartition", "4", "--apply")
    broker.rabbitmqctl("delete_queue", "-p", vhost, "inbound.2")
    assert "queue inbound.2: missing" in site.refused("repartition", "12", "--apply")
    assert "inbound.repartition" not in partitions()[0]


async def test_the_last_queue_of_a_ring_moves_its_own_keys_only(vhost_url):
    """Adding a queue to the ring takes keys for it alone, and removing it gives those alone away."""
    names = [f"inbound.{number}" for number in range(8)]
    async with Client(vhost_url) as client:
        ring = await client.channel.declare_exchange("ring", "x-consistent-hash")
        queues = [await client.channel.declare_queue(name, exclusive=True) for name in names]

        async def places() -> dict[str, str]:
            await asyncio.gather(
                *(ring.publish(aio_pika.Message(key.encode()), routing_key=key) for key in KEYS)
            )
            found = {}
            for queue in queues:
                while message := await queue.get(no_ack=True, fail=False, timeout=PATIENCE):
                    found[message.body.decode()] = queue.name
            return found

        seen = []
        for queue in queues:
            await queue.bind(ring, routing_key="1")
            seen.append(await places())
        for queue, before, after in zip(queues[1:], seen, seen[1:], strict=False):
            moved = {key for key in KEYS if before[key] != after[key]}
            assert moved == {key for key in KEYS if after[key] == queue.name}
        for queue in reversed(queues[1:]):
            await queue.unbind(ring, routing_key="1")
            seen.pop()
            assert await places() == seen[-1]
