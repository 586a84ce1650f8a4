import pytest

from worker.service.watchdog import Stuck, Watchdog

PATIENCE = 60.0


def looks(watchdog, *rounds, every=10.0, held=()):
    """What it says to each round of waiting messages, a look every 10 s from second 10 on."""
    return [
        watchdog.look(dict(enumerate(waiting)), held, (number + 1) * every)
        for number, waiting in enumerate(rounds)
    ]


def test_a_backlog_that_does_not_move_is_noticed_after_its_patience():
    """Messages that wait and are given to nobody for `watchdog` seconds are a fault."""
    said = looks(Watchdog(PATIENCE, 0.0), *[(0, 7)] * 6)
    assert said[:5] == [None] * 5
    assert said[5] == Stuck("7 messages wait and none was delivered for 60 s", 7, frozenset({1}))


def test_nothing_to_do_is_no_fault():
    """A worker whose partitions are empty is idle, not stuck."""
    assert set(looks(Watchdog(PATIENCE, 0.0), *[(0, 0)] * 20)) == {None}


def test_a_backlog_that_falls_is_another_workers():
    """A standby gets nothing while the active worker takes the messages: no fault."""
    rounds = [(0, count) for count in range(100, 80, -1)]
    assert set(looks(Watchdog(PATIENCE, 0.0), *rounds)) == {None}


def test_each_partition_has_to_move():
    """That one partition is worked on does not hide another that is not."""
    rounds = [(7, 100 - count) for count in range(6)]
    assert looks(Watchdog(PATIENCE, 0.0), *rounds)[-1] is not None


def test_a_backlog_that_grows_is_noticed():
    """That more comes in is no sign that anything goes out."""
    assert looks(Watchdog(PATIENCE, 0.0), *[(count, 1) for count in range(1, 7)])[-1] is not None


def test_what_we_hold_ourselves_is_no_fault():
    """While deliveries of a partition are on their way here, its others wait for us."""
    assert set(looks(Watchdog(PATIENCE, 0.0), *[(0, 7)] * 20, held={1})) == {None}
    assert looks(Watchdog(PATIENCE, 0.0), *[(0, 7)] * 20, held={0})[-1] is not None


def test_a_delivery_starts_the_patience_anew():
    """The patience with a partition counts from its last delivery."""
    watchdog = Watchdog(PATIENCE, 0.0)
    looks(watchdog, *[(0, 7)] * 5)
    watchdog.heard({1}, 55.0)
    assert watchdog.look({0: 0, 1: 7}, (), 114.0) is None
    assert watchdog.look({0: 0, 1: 7}, (), 115.0) is not None


def test_one_look_is_never_enough():
    """With a patience of one look, a look between an ack and the next delivery suspects nobody."""
    watchdog = Watchdog(10.0, 0.0)
    for second in range(0, 100, 20):
        assert watchdog.look({0: 0, 1: 7}, {1}, second) is None
        assert (
            watchdog.look({0: 0, 1: 7}, (), second + 10.0) is None
        )  # acked, and the next is to come
        watchdog.heard({1}, second + 11.0)


@pytest.mark.parametrize("patience", [0.2, 10.0, 20.0])
def test_two_looks_in_a_row_are_enough(patience):
    """A partition that two looks in a row find at rest is suspected, however short the patience."""
    watchdog = Watchdog(patience, 0.0)
    assert watchdog.look({0: 0, 1: 7}, (), 10.0) is None
    stuck = watchdog.look({0: 0, 1: 7}, (), 20.0)
    assert stuck is not None
    assert stuck.partitions == {1}
    watchdog.heard({1}, 21.0)
    assert watchdog.look({0: 0, 1: 7}, (), 50.0) is None
    assert watchdog.look({0: 0, 1: 7}, (), 60.0) is not None
