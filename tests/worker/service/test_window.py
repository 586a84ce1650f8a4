from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from worker.service.window import RepeatWindow


def turn(number):
    return UUID(int=number)


def test_a_turn_is_held_until_it_is_too_old():
    """An accepted turn is known for exactly `age` seconds."""
    window = RepeatWindow(10, 5.0)
    window.add(turn(1), 100.0)
    assert window.holds(turn(1), 105.0)
    assert not window.holds(turn(1), 105.1)


def test_the_oldest_turn_makes_room():
    """Of more than `count` turns the one accepted first is forgotten."""
    window = RepeatWindow(2, 5.0)
    for number in (1, 2, 3):
        window.add(turn(number), 100.0)
    assert [window.holds(turn(number), 100.0) for number in (1, 2, 3)] == [False, True, True]


def test_accepting_again_renews():
    """A turn accepted a second time counts as young again, in age and in order."""
    window = RepeatWindow(2, 5.0)
    window.add(turn(1), 100.0)
    window.add(turn(2), 103.0)
    window.add(turn(1), 104.0)
    window.add(turn(3), 104.0)
    assert window.holds(turn(1), 109.0)
    assert not window.holds(turn(2), 104.0)


def test_a_window_of_no_turns_holds_nothing():
    """With a count of 0 no repeat is ever dropped."""
    window = RepeatWindow(0, 5.0)
    window.add(turn(1), 100.0)
    assert not window.holds(turn(1), 100.0)


def test_what_is_too_old_takes_no_memory():
    """Turns past their age are gone with the next one that is accepted."""
    window = RepeatWindow(10, 5.0)
    for number in range(9):
        window.add(turn(number), 100.0)
    window.add(turn(9), 106.0)
    assert len(window) == 1


@given(
    count=st.integers(0, 5),
    moves=st.lists(st.tuples(st.integers(0, 8), st.floats(0, 4)), max_size=60),
)
def test_the_window_remembers_exactly_the_last_young_turns(count, moves):
    """It holds what is among the last `count` accepted and young enough, and keeps no more."""
    window, now = RepeatWindow(count, 10.0), 0.0
    accepted: dict[int, float] = {}
    for number, seconds in moves:
        now += seconds
        accepted.pop(number, None)
        accepted[number] = now
        window.add(turn(number), now)
        last = list(accepted)[-count:] if count else []
        for known in range(9):
            expected = known in last and now - accepted[known] <= 10.0
            assert window.holds(turn(known), now) == expected
        assert len(window) <= count
