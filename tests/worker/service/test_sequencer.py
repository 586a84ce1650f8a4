from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from worker.service.sequencer import Sequencer


def test_the_sequence_is_the_clock():
    """While the clock moves on, a turn's number is the time in microseconds."""
    sequencer = Sequencer()
    assert [sequencer.next(at) for at in (100, 250, 251)] == [100, 250, 251]


@given(st.lists(st.integers(0, 2**53)))
def test_the_sequence_rises_whatever_the_clock_does(clock):
    """Numbers rise strictly when the clock stands still or is set back, and never lag behind it."""
    sequencer = Sequencer()
    numbers = [sequencer.next(at) for at in clock]
    assert all(before < after for before, after in pairwise(numbers))
    assert all(number >= at for number, at in zip(numbers, clock, strict=True))
