"""What isolated platforms get, by a clock that only the test moves."""

import itertools
from dataclasses import replace

import pytest

from tests.worker.pipeline.deliveries import delivery
from worker.amqp.ration import Ration
from worker.pipeline.delivery import Delivery

RATE = 100 * 1024.0
FULL = 100 * 1024 - 1024
"""Bytes of a body that is a second's worth, with what a message counts for besides."""


class Clock:
    """Tells the time that the test set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return it, in seconds."""
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ration(clock):
    return Ration(RATE, clock)


def put(ration: Ration, platform: str, number: int, size: int = FULL) -> bool:
    each = replace(delivery(b"x" * size), tag=number, partition=platform)
    return ration.put(platform, each)


def tags(given: list[Delivery]) -> list[int]:
    return [each.tag for each in given]


def test_a_platform_gets_no_more_bytes_than_its_rate_lets_it_have(ration, clock):
    """After a second's worth of bytes it gets nothing for a second, however little time they took."""
    put(ration, "webhook", 1)
    put(ration, "webhook", 2)
    assert tags(ration.take()) == [1]
    ration.settle()
    assert ration.due_in() == pytest.approx(1.0)
    clock.now += 0.999
    assert ration.take() == []
    clock.now += 0.002
    assert ration.due_in() == 0.0
    assert tags(ration.take()) == [2]


def test_a_minute_of_flood_is_a_minute_of_its_rate(ration, clock):
    """Whatever sizes a flood has, what a minute gives of it is what the rate says, and one message."""
    sizes = itertools.cycle([0, 200, 200, 200, 50_000, 1_000_000, 17_000, 3])
    for number in range(20):
        put(ration, "webhook", number, next(sizes))
    until, bytes_given = clock.now + 60, 0
    while clock.now < until:
        for each in ration.take():
            bytes_given += len(each.body) + 1024
            put(ration, "webhook", each.tag + 20, next(sizes))
        ration.settle()
        clock.now += max(0.001, ration.due_in() or 0.0)
    assert 0.95 * 60 * RATE < bytes_given < 60 * RATE + 1_000_000


def test_one_platform_that_has_had_its_bytes_holds_up_no_other(ration, clock):
    """While one isolated platform rests for what it sent, another gets what it has."""
    put(ration, "webhook", 1)
    put(ration, "webhook", 2)
    assert tags(ration.take()) == [1]
    ration.settle()
    put(ration, "forum", 3, 10)
    assert ration.due_in() == 0.0
    assert tags(ration.take()) == [3]
    assert ration.take() == []


def test_isolated_platforms_take_turns(ration, clock):
    """What one has waiting is not given before another that waits has had its turn."""
    for number in range(3):
        put(ration, "webhook", number)
    for number in range(10, 13):
        put(ration, "forum", number)
    given = []
    for _ in range(6):
        given += tags(ration.take())
        ration.settle()
        clock.now += 10
    assert given == [0, 10, 1, 11, 2, 12]


def test_what_took_long_is_followed_by_a_longer_rest_of_all_of_them(ration, clock):
    """Three times as long as they took, nothing of any isolated platform is given."""
    put(ration, "webhook", 1, 10)
    put(ration, "forum", 2, 10)
    assert tags(ration.take()) == [1]
    clock.now += 2
    ration.settle()
    assert ration.due_in() == pytest.approx(6.0)
    clock.now += 5.9
    assert ration.take() == []
    clock.now += 0.2
    assert tags(ration.take()) == [2]


def test_few_messages_are_given_at_once_however_small(ration):
    """Empty messages count for something, too."""
    for number in range(100):
        put(ration, "webhook", number, 0)
    assert len(ration.take()) == 16


def test_headers_count(ration):
    """What a message has in its headers goes to the disk with its dead letter, and counts as its body does."""
    headers = {f"x-{number}": "x" * 1024 for number in range(100)}
    each = replace(delivery(b"", headers=headers), partition="webhook")
    ration.put("webhook", each)
    ration.put("webhook", each)
    assert len(ration.take()) == 1
    ration.settle()
    assert ration.due_in() == pytest.approx(1.0, rel=0.1)


def test_once_nothing_more_comes_all_is_given_without_a_rest(ration):
    """Where there is nobody left to spare, nothing is held back."""
    for number in range(3):
        put(ration, "webhook", number)
    assert [tags(ration.take(at_once=True)) for _ in range(4)] == [[0], [1], [2], []]


def test_it_says_when_there_is_something_new_to_wait_for(ration):
    """The first of a platform changes when something is due, and what comes behind it does not."""
    assert ration.due_in() is None
    assert put(ration, "webhook", 1)
    assert not put(ration, "webhook", 2)
    assert put(ration, "forum", 3)
    ration.clear()
    assert not ration
    assert ration.due_in() is None
