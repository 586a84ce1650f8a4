from hypothesis import given
from hypothesis import strategies as st

from worker.backoff import Backoff


@given(least=st.floats(0.001, 5), factor=st.floats(1, 1000), attempt=st.integers(1, 1_000_000))
def test_a_wait_is_never_shorter_or_longer_than_agreed(least, factor, attempt):
    """Every wait lies between the least and the most, after the first attempt and the millionth."""
    most = least * factor
    assert least <= Backoff(least, most).delay(attempt) <= most


def test_waits_are_jittered():
    """Many who fail at the same moment do not all come back at the same moment."""
    backoff = Backoff(0.2, 2)
    assert len({backoff.delay(5) for _ in range(50)}) > 40


def test_waits_grow_to_the_most():
    """The longest waits double with each attempt until they reach the most."""
    backoff = Backoff(0.05, 2)
    longest = [max(backoff.delay(attempt) for _ in range(500)) for attempt in (1, 2, 3, 4, 20)]
    assert longest == sorted(longest)
    assert longest[0] <= 0.1 + 1e-9
    assert 1.5 < longest[-1] <= 2
