import pytest

from worker.amqp.hand import Hand, weight
from worker.pipeline.delivery import Delivery, Properties

KIB = 1024


def delivery(tag, size=0, partition=0, **headers):
    return Delivery(tag, b"x" * size, "in.x", "", Properties(headers=headers), partition=partition)


def test_what_fits_is_taken_and_counted():
    """What is taken counts until it is settled, and the most at once is remembered."""
    hand = Hand(100 * KIB)
    assert all(hand.take(delivery(tag, size=KIB), now=tag) for tag in (1, 2, 3))
    assert hand.taken == hand.most == 3 * weight(delivery(1, size=KIB))
    hand.settle([2, 3])
    assert (hand.taken, len(hand)) == (weight(delivery(1, size=KIB)), 1)
    assert hand.most == 3 * weight(delivery(1, size=KIB))
    assert hand.waited(now=5) == 4


def test_after_the_first_that_is_left_out_nothing_is_taken():
    """One that has no room closes the hand: what comes later may not overtake it, even if settled."""
    hand = Hand(100 * KIB)
    assert hand.take(delivery(1, size=10 * KIB), now=0)
    assert not hand.take(delivery(2, size=20 * KIB, partition=3), now=0)
    assert not hand.take(delivery(3, partition=4), now=0)
    assert not hand.finished.is_set()
    hand.settle([1])
    assert not hand.take(delivery(4, partition=4), now=0)
    assert hand.finished.is_set()
    assert hand.left_out == {3: 1, 4: 2}
    assert hand.fitting == 1


def test_a_job_larger_than_its_message_counts():
    """A message whose job grew is as heavy as the job until it is settled; none gets lighter."""
    hand = Hand(100 * KIB)
    assert hand.take(delivery(1, size=KIB), now=0)
    assert hand.take(delivery(2, size=KIB), now=0)
    hand.weigh(1, 40 * KIB)
    hand.weigh(2, 10)
    hand.weigh(3, 40 * KIB)
    assert hand.taken == weight(delivery(1, size=40 * KIB)) + weight(delivery(2, size=KIB))
    assert not hand.take(delivery(3), now=0)
    hand.settle([1, 2])
    assert (hand.taken, hand.finished.is_set()) == (0, True)


def test_one_is_taken_however_large():
    """With nothing in hand, a delivery larger than all the room is taken."""
    hand = Hand(KIB)
    assert hand.take(delivery(1, size=10 * KIB), now=0)
    assert not hand.take(delivery(2), now=0)


def test_a_hand_that_is_closed_empty_is_finished():
    """Closing it while nothing is held finishes it at once."""
    hand = Hand(KIB)
    hand.close()
    assert hand.finished.is_set()


@pytest.mark.parametrize(
    "headers",
    [
        {str(number): True for number in range(5_000)},
        {"nested": [[[]] * 10 for _ in range(500)]},
        {"long": "x" * 128 * KIB},
        {"table": {"x" * 128 * KIB: 1}},
    ],
    ids=["many", "nested", "long", "name"],
)
def test_headers_weigh_what_they_take_in_memory(headers):
    """A header frame of thousands of values, or of long ones, is not taken for nothing."""
    assert weight(delivery(1, **headers)) > 128 * KIB
