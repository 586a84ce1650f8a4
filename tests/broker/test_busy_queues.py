"""A quorum queue that has no time to say what is in it, for which a broker says: nothing."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.broker.client import Client
from tests.broker.dead_letters import DeadTools, letter
from worker.amqp.connect import connect_by
from worker.amqp.dead_queue import DeadQueue
from worker.amqp.errors import BrokerUnavailable
from worker.amqp.letter_counts import count_letters
from worker.amqp.partition_ring import depth_of, quiet_depths

_CALL = """\
{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, <<"{queue}">>)),
{{Name, _}} = amqqueue:get_pid(Q), sys:{what}(Name)
"""
COUNT = 20


@pytest.fixture
def busy(broker, vhost) -> Iterator[Callable[..., None]]:
    """Keep a queue from answering, or let it."""
    kept: set[str] = set()

    def call(queue: str, what: str = "suspend") -> None:
        broker.evaluate(_CALL.format(vhost=vhost, queue=queue, what=what))
        (kept.add if what == "suspend" else kept.discard)(queue)

    yield call
    for queue in tuple(kept):
        call(queue, "resume")


@pytest.fixture
def tools(vhost_url, tmp_path) -> DeadTools:
    """The commands, on a virtual host with some letters."""
    made = DeadTools(vhost_url, tmp_path)
    made.publish([letter(number) for number in range(COUNT)])
    return made


async def test_a_look_at_a_busy_queue_waits_for_its_word(tools, busy):
    """That there are no letters is believed of the queue alone, however long it takes."""
    busy("dead")
    async with Client(tools.url) as client:
        assert await client.waiting("dead") == 0  # or all this would prove nothing
    opening = asyncio.create_task(DeadQueue.open(tools.settings, "test"))
    done, _ = await asyncio.wait({opening}, timeout=2)
    assert not done
    busy("dead", "resume")
    queue = await opening
    try:
        assert queue.waiting == COUNT
        assert len([held async for held in queue.letters()]) == COUNT
    finally:
        await queue.close()


async def test_a_queue_that_never_says_it_is_no_empty_queue(tools, busy, monkeypatch):
    """Once patience is over it is an error, for letters and for the partitions that a command empties."""
    monkeypatch.setattr("worker.amqp.letter_counts._PATIENCE", 1)
    busy("dead")
    connection = await connect_by(tools.settings, tools.url, "test")
    try:
        with pytest.raises(BrokerUnavailable, match="does not say"):
            await count_letters(connection, "dead", 10)
        with pytest.raises(BrokerUnavailable, match="does not say"):
            await quiet_depths(connection, ["dead"], 1, 1)
        busy("dead", "resume")
        assert await count_letters(connection, "dead", 10) == (COUNT, 0)
        assert await depth_of(connection, "turns.m", 10) is not None
    finally:
        await connection.close()
