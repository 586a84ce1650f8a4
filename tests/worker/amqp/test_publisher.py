import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import aiormq
import pytest
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import (
    AMQPConnectionError,
    ChannelClosed,
    ChannelInvalidStateError,
    DeliveryError,
    PublishError,
)
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from worker.amqp.publisher import Publisher
from worker.batch import Refusal
from worker.pipeline.delivery import Properties
from worker.pipeline.publication import Publication

JOB = Publication("turns", "turns.m", b"canary-body", Properties(headers={"a": 1}))
RETURNED = PublishError(
    DeliveredMessage(
        Basic.Return(312, "NO_ROUTE", "turns", "turns.m"),
        ContentHeader(),
        b"canary-body",
        cast(Any, None),
    ),
    Basic.Return(312, "NO_ROUTE", "turns", "turns.m"),
)
NACKED = DeliveryError(None, Basic.Nack(1))


class Channel:
    """A channel on which each publish ends as it is told to, by number."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.ends: list[asyncio.Future[Any]] = []

    async def basic_publish(self, body, **frame) -> Any:
        self.published.append({"body": body, **frame})
        self.ends.append(asyncio.get_running_loop().create_future())
        return await self.ends[-1]


class Clock:
    """The event loop, by a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 0.0
        self._loop = asyncio.get_running_loop()

    def time(self) -> float:
        return self.now

    def create_task(self, work):
        return self._loop.create_task(work)


class Outcomes:
    """A publisher on a scripted channel, with a timeout of 10 s, and what it reports."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.channel = Channel()
        self.confirmed: list[int] = []
        self.refused: list[Refusal] = []
        self.publisher = Publisher(
            cast(aiormq.Channel, self.channel),
            10,
            self.confirmed.append,
            self.refused.append,
        )
        self.publisher._loop = cast(Any, self.clock)

    async def publish(self, *tokens: int, job: Publication = JOB) -> None:
        self.publisher.publish([(token, job) for token in tokens])
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_confirm_brings_the_token_back():
    """A publish that the broker confirms is reported by its token, once."""
    outcomes = Outcomes()
    await outcomes.publish(7)
    assert outcomes.publisher.pending == 1
    outcomes.channel.ends[0].set_result(Basic.Ack(1))
    await settle()
    assert outcomes.confirmed == [7]
    assert outcomes.refused == []
    assert outcomes.publisher.pending == 0


@pytest.mark.parametrize(
    ("error", "unroutable", "in_doubt", "why"),
    [
        (RETURNED, True, False, "returned by the broker (NO_ROUTE)"),
        (NACKED, False, False, "refused by the queue, which may be full"),
        (AMQPConnectionError("gone"), False, True, "AMQPConnectionError while publishing"),
        (ChannelClosed(404, "canary"), False, True, "ChannelClosed while publishing"),
        (ChannelInvalidStateError("x"), False, True, "ChannelInvalidStateError while publishing"),
        (ConnectionResetError(), False, True, "ConnectionResetError while publishing"),
        (asyncio.CancelledError(), False, True, "no confirm in time"),
        (TypeError("canary"), False, False, "cannot be written: TypeError"),
    ],
)
async def test_each_way_to_fail_is_a_refusal_of_its_own(error, unroutable, in_doubt, why):
    """What the broker refused, what nobody knows of, and what cannot be written are told apart."""
    outcomes = Outcomes()
    await outcomes.publish(7)
    outcomes.channel.ends[0].set_exception(error)
    await settle()
    expected = Refusal(7, "turns.m", why, unroutable=unroutable, in_doubt=in_doubt)
    assert outcomes.refused == [expected]
    assert outcomes.confirmed == []


async def test_a_refused_dead_letter_names_the_dead_queue():
    """A letter has no routing key, so its refusal names the queue of its exchange."""
    outcomes = Outcomes()
    await outcomes.publish(1, job=Publication("dead", "", b"", Properties()))
    outcomes.channel.ends[0].set_exception(NACKED)
    await settle()
    assert outcomes.refused[0].queue == "dead"


async def test_every_publish_is_mandatory_persistent_and_under_a_fresh_id():
    """Publishing the same thing twice makes two mandatory, persistent messages with two ids."""
    outcomes = Outcomes()
    await outcomes.publish(1, 2)
    await outcomes.publish(1)
    frames = outcomes.channel.published
    assert [frame["mandatory"] for frame in frames] == [True] * 3
    assert [frame["properties"].delivery_mode for frame in frames] == [2] * 3
    assert len({frame["properties"].message_id for frame in frames}) == 3
    assert [frame["body"] for frame in frames] == [JOB.body] * 3
    assert {(frame["exchange"], frame["routing_key"]) for frame in frames} == {("turns", "turns.m")}


async def test_every_property_is_written():
    """All properties of a publication reach the wire, with a readable timestamp among them."""
    given = Properties(
        content_type="a",
        content_encoding="b",
        headers={"c": 1},
        priority=5,
        correlation_id="d",
        reply_to="e",
        expiration="6",
        timestamp=1_700_000_000,
        type="f",
        app_id="g",
    )
    outcomes = Outcomes()
    await outcomes.publish(1, job=Publication("turns", "q", b"", given))
    written = outcomes.channel.published[0]["properties"]
    assert written.content_type == "a"
    assert written.content_encoding == "b"
    assert written.headers == {"c": 1}
    assert written.priority == 5
    assert written.correlation_id == "d"
    assert written.reply_to == "e"
    assert written.expiration == "6"
    assert written.timestamp == datetime.fromtimestamp(1_700_000_000, UTC)
    assert written.message_type == "f"
    assert written.app_id == "g"
    assert written.user_id in {None, ""}


async def test_publishes_do_not_wait_for_each_other():
    """A publish that hangs holds up no other, and confirms come back in any order."""
    outcomes = Outcomes()
    await outcomes.publish(1, 2, 3)
    assert len(outcomes.channel.published) == 3
    for number in (2, 0):
        outcomes.channel.ends[number].set_result(Basic.Ack(number + 1))
        await settle()
    assert outcomes.confirmed == [3, 1]


async def test_a_late_confirm_is_given_up_as_in_doubt():
    """After the timeout a publish counts as in doubt, since it may have arrived."""
    outcomes = Outcomes()
    await outcomes.publish(7)
    outcomes.clock.now += 10
    outcomes.publisher.expire(blocked=False)
    await settle()
    assert outcomes.refused == []
    outcomes.clock.now += 0.1
    outcomes.publisher.expire(blocked=False)
    await settle()
    assert outcomes.refused == [Refusal(7, "turns.m", "no confirm in time", in_doubt=True)]


async def test_a_publish_that_was_given_up_before_it_began_is_reported_as_well():
    """Given up before its first step, as after a long stop of the process, it is in doubt too."""
    outcomes = Outcomes()
    outcomes.publisher.publish([(7, JOB)])
    outcomes.clock.now += 10.1
    outcomes.publisher.expire(blocked=False)
    await settle()
    assert outcomes.channel.published == []
    assert outcomes.refused == [Refusal(7, "turns.m", "not sent in time", in_doubt=True)]
    assert outcomes.publisher.pending == 0


async def test_nothing_is_late_while_the_broker_blocks():
    """While the broker blocks, no publish is given up; afterwards it has its whole time again."""
    outcomes = Outcomes()
    await outcomes.publish(7)
    outcomes.clock.now += 3600
    outcomes.publisher.expire(blocked=True)
    outcomes.clock.now += 9
    outcomes.publisher.expire(blocked=False)
    await settle()
    assert outcomes.refused == []
    outcomes.clock.now += 9
    outcomes.publisher.expire(blocked=False)
    await settle()
    assert outcomes.refused


async def test_a_closed_publisher_reports_nothing_more():
    """After closing, what was unconfirmed is forgotten: the broker delivers its source again."""
    outcomes = Outcomes()
    await outcomes.publish(1, 2)
    outcomes.channel.ends[0].set_result(Basic.Ack(1))
    await outcomes.publisher.close()
    await settle()
    assert outcomes.confirmed == []
    assert outcomes.refused == []
    assert outcomes.publisher.pending == 0
