"""The `dead` queue on a broker that is slow to answer, and what of the library it rests on."""

import asyncio
from collections.abc import Awaitable, Iterator
from pathlib import Path

import pytest

from tests.broker.dead_letters import DeadTools, letter
from tests.broker.service import PATIENCE
from worker.amqp import dead_queue
from worker.amqp.dead_queue import DeadQueue
from worker.amqp.read_ahead import HeldLetter
from worker.demo.private_broker import PrivateBroker

COUNT = 20
"""Fewer than the 32 acks that a quorum queue takes at once, and forgets none of."""


_SHORT = 0.1
"""Seconds that a close takes at most, where nothing is worth waiting for."""


@pytest.fixture(scope="module")
def node(installation) -> Iterator[PrivateBroker]:
    """A node to freeze."""
    with PrivateBroker(installation) as node:
        yield node


@pytest.fixture
def tools(node, tmp_path: Path, monkeypatch) -> Iterator[DeadTools]:
    """Letters on it, and the commands; behind the test it runs on."""
    monkeypatch.setattr(dead_queue, "CLOSE_TIMEOUT", _SHORT)
    name = f"letters-{tmp_path.name}"
    node.add_vhost(name)
    tools = DeadTools(node.url(name), tmp_path)
    tools.publish([letter(number) for number in range(COUNT)])
    yield tools
    node.thaw()


async def all_of(queue: DeadQueue) -> list[HeldLetter]:
    return [held async for held in queue.letters()]


async def is_waited_for(working: Awaitable[None], node: PrivateBroker) -> None:
    """Check that something goes on for longer than a close may take, until its broker answers."""
    task = asyncio.ensure_future(working)
    # Ten times as long as both closes would be waited for.
    done, _ = await asyncio.wait({task}, timeout=20 * _SHORT)
    assert not done
    node.thaw()
    await task


async def test_acks_come_to_a_slow_broker_before_the_queue_is_left(tools, node):
    """A broker that is slow to answer is waited for where letters were acked, and they are gone."""
    queue = await DeadQueue.open(tools.settings, "test")
    held = await all_of(queue)
    node.freeze()
    await queue.ack([each.tag for each in held[: COUNT // 2]])
    await is_waited_for(queue.close(), node)
    assert [each.body for each in await tools.held()] == [each.body for each in held[COUNT // 2 :]]


async def test_a_slow_broker_may_take_its_time_to_put_letters_back(tools, node):
    """Letters that are put back on a broker that is slow to answer are all there again."""
    queue = await DeadQueue.open(tools.settings, "test")
    try:
        before = [each.body for each in await all_of(queue)]
        node.freeze()
        await is_waited_for(queue.again(), node)
        assert [each.body for each in await all_of(queue)] == before
    finally:
        await queue.close()


async def test_a_frozen_broker_is_not_waited_for_where_nothing_was_acked(tools, node):
    """Whoever only looked leaves a broker that does not answer, and the letters stay in their places."""
    queue = await DeadQueue.open(tools.settings, "test")
    before = [each.body for each in await all_of(queue)]
    node.freeze()
    await asyncio.wait_for(queue.close(), PATIENCE)
    node.thaw()
    assert [each.body for each in await tools.held()] == before
