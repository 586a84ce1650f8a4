import pytest

from worker.service.patience import Patience
from worker.service.watchdog import Stuck

LEAST = 60.0
STUCK = Stuck("7 messages wait and none was delivered for 60 s", 7, frozenset({1}))
WAITING = (0, 7, 2)


class Bench:
    """A patience and a clock: each link is looked at and given up when its time has come."""

    def __init__(self) -> None:
        self.patience = Patience(LEAST)
        self.now = 1000.0

    def lose(self, backlog=WAITING) -> str | None:
        self.now += self.patience.seconds
        self.patience.looked(dict(enumerate(backlog)))
        self.patience.lose(STUCK, self.now)
        return self.patience.hopeless


def test_the_patience_doubles_each_time_it_did_not_help():
    """Each link that is given up gets twice the time of the one before, 32 times the first at most."""
    patience = Patience(LEAST)
    times = []
    for _ in range(8):
        times.append(patience.seconds / LEAST)
        patience.lose(STUCK, 0.0)
    assert times == [1, 2, 4, 8, 16, 32, 32, 32]


def test_a_delivery_from_where_it_was_stuck_ends_the_extra_patience():
    """Where connecting again did help it is done as early the next time; elsewhere proves nothing."""
    patience = Patience(LEAST)
    patience.lose(STUCK, 0.0)
    patience.heard({0, 2})
    assert patience.seconds == 2 * LEAST
    patience.heard({1})
    assert patience.seconds == LEAST


def test_the_fifth_link_in_vain_is_the_last():
    """After five links that brought nothing, 31 times its first patience, it says why it gives up."""
    bench = Bench()
    assert [bench.lose() for _ in range(4)] == [None] * 4
    assert bench.lose() == (
        "connected 5 times and was given nothing: 7 messages wait in partition 1,"
        " and none has moved for 1860 s"
    )


@pytest.mark.parametrize("partition", [0, 1])
def test_any_delivery_is_a_reason_to_go_on(partition):
    """A worker that is given something, from whatever partition, starts to count anew."""
    bench = Bench()
    for _ in range(4):
        bench.lose()
    bench.patience.heard({partition})
    assert [bench.lose() for _ in range(4)] == [None] * 4
    assert bench.lose() is not None


def test_what_came_with_the_last_link_gives_hope():
    """A delivery that was on its way when the last link was given up is a reason to go on."""
    bench = Bench()
    assert [bench.lose() for _ in range(5)][-1] is not None
    bench.patience.heard({0})
    assert bench.patience.hopeless is None
    assert [bench.lose() for _ in range(4)] == [None] * 4


@pytest.mark.parametrize("backlog", [(0, 6, 2), (0, 8, 1), (0, 0, 0)])
def test_a_backlog_that_falls_is_a_reason_to_go_on(backlog):
    """Beside a worker that makes anything move, or with nothing to do, a standby never gives up."""
    bench = Bench()
    for _ in range(4):
        bench.lose()
    bench.patience.looked(dict(enumerate(backlog)))
    assert [bench.lose() for _ in range(4)] == [None] * 4


def test_a_backlog_that_moves_now_and_then_is_enough_for_ever():
    """A standby beside a slow worker that takes one message in a long time goes on for ever."""
    bench = Bench()
    assert [bench.lose((0, 1000 - number // 4, 2)) for number in range(200)] == [None] * 200


def test_what_comes_in_is_no_reason_to_go_on():
    """That more and more waits does not hide that nothing is given out."""
    bench = Bench()
    assert [bench.lose((0, 7 + number, 2)) for number in range(5)][-1] is not None
