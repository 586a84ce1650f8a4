from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from contracts import SourceKind
from routing.charge import Charge
from routing.limit import Limit, Over, Scope
from worker.service.buckets import Buckets

EPSILON = 1e-6  # what adding seconds costs
SECOND = Limit(Scope.PER_SENDER, SourceKind.STRANGER, count=1, unit="s", burst=3)
PATIENT = replace(SECOND, over=Over.DELAY, up_to=2.0)
A, B = Charge(SECOND, ("telegram", "a")), Charge(SECOND, ("telegram", "b"))

gaps = st.lists(st.floats(0, 3), max_size=60)
limits = st.builds(
    Limit,
    st.just(Scope.PER_SENDER),
    st.just(SourceKind.STRANGER),
    count=st.integers(1, 20),
    unit=st.sampled_from(["s", "min"]),
    burst=st.integers(1, 10),
    over=st.sampled_from(Over),
    up_to=st.floats(0.1, 10),
)


def takes(buckets, charge, times, now):
    """What became of as many charges at once: seconds to wait, or None where there is no token."""
    return [None if isinstance(wait := buckets.take([charge], now), Charge) else wait] + (
        takes(buckets, charge, times - 1, now) if times > 1 else []
    )


def test_a_full_bucket_has_its_burst_and_no_more():
    """As many as the burst at once, then one for each interval that passes."""
    buckets = Buckets()
    assert takes(buckets, A, 4, 100.0) == [0, 0, 0, None]
    assert takes(buckets, A, 2, 101.0) == [0, None]
    assert takes(buckets, A, 4, 200.0) == [0, 0, 0, None]


def test_each_key_has_a_bucket_of_its_own():
    """What one sender takes is not another's."""
    buckets = Buckets()
    assert takes(buckets, A, 4, 0.0)[-1] is None
    assert takes(buckets, B, 3, 0.0) == [0, 0, 0]


def test_what_may_be_held_waits_in_turn_up_to_its_bound():
    """Each wait is an interval longer, until it would be longer than the limit's `up_to`."""
    assert takes(Buckets(), Charge(PATIENT, ("a",)), 6, 5.0) == [0, 0, 0, 1, 2, None]


def test_a_charge_that_cannot_be_paid_costs_nothing_elsewhere():
    """Of several limits either all are charged or none, and the one in the way is named."""
    buckets = Buckets()
    takes(buckets, B, 3, 0.0)
    assert buckets.take([A, B], 0.0) == B
    assert takes(buckets, A, 3, 0.0) == [0, 0, 0]


def test_the_longest_wait_of_several_limits_counts():
    """A turn under several limits goes once all of them let it."""
    buckets = Buckets()
    slow = Charge(replace(PATIENT, unit="min", up_to=60.0), ("a",))
    takes(buckets, slow, 3, 0.0)
    assert buckets.take([A, slow], 0.0) == 60.0


def test_a_token_that_is_given_back_can_be_taken_again():
    """It is as if it had never been taken; a bucket never holds more than its burst."""
    buckets = Buckets()
    takes(buckets, A, 3, 0.0)
    buckets.give_back([A, A])
    assert takes(buckets, A, 3, 0.0) == [0, 0, None]
    buckets.give_back([A])
    assert takes(buckets, A, 4, 50.0) == [0, 0, 0, None]
    buckets.give_back([B])
    assert takes(buckets, B, 4, 50.0) == [0, 0, 0, None]


def test_only_a_limit_that_has_changed_starts_anew():
    """Buckets of limits that are kept go on; those of others are full when they come back."""
    buckets, other = Buckets(), Charge(replace(SECOND, burst=2), ("a",))
    takes(buckets, A, 3, 0.0)
    takes(buckets, other, 2, 0.0)
    buckets.keep([SECOND])
    buckets.give_back([other])
    assert takes(buckets, A, 1, 0.0) == [None]
    assert takes(buckets, other, 3, 0.0) == [0, 0, None]


def test_buckets_that_are_full_again_are_forgotten():
    """However many senders there are, only those that have written of late are remembered."""
    buckets = Buckets()
    for number in range(5000):
        buckets.take([Charge(SECOND, (str(number),))], number * 0.1)
    assert len(buckets) < 30


def test_no_more_buckets_are_remembered_than_the_bound():
    """Past the bound the bucket that was touched longest ago is forgotten."""
    buckets = Buckets(most=10)
    takes(buckets, A, 3, 0.0)
    for number in range(9):
        buckets.take([Charge(SECOND, (str(number),))], 0.0)
    assert takes(buckets, A, 1, 0.0) == [None]
    buckets.take([B], 0.0)
    assert len(buckets) == 10
    assert takes(buckets, A, 1, 0.0) == [0]


def test_the_bucket_that_was_touched_last_is_remembered_longest():
    """Past the bound a sender that goes on writing is not the one that is forgotten."""
    buckets = Buckets(most=10)
    takes(buckets, A, 2, 0.0)
    for number in range(9):
        buckets.take([Charge(SECOND, (str(number),))], 0.0)
    takes(buckets, A, 1, 0.0)
    buckets.take([B], 0.0)
    assert takes(buckets, A, 1, 0.0) == [None]


@given(limit=limits, gaps=gaps)
def test_no_interval_sees_more_than_the_limit(limit, gaps):
    """In any time span, burst + rate * span go at most, held or not; none is held for too long."""
    buckets, charge, now, went = Buckets(), Charge(limit, ("a",)), 0.0, []
    for gap in gaps:
        now += gap
        wait = buckets.take([charge], now)
        if isinstance(wait, Charge):
            continue
        assert 0 <= wait <= (limit.up_to if limit.over is Over.DELAY else 0.0)
        went.append(now + wait)
    assert went == sorted(went)
    for first in range(len(went)):
        for last in range(first, len(went)):
            span = went[last] - went[first]
            assert last - first + 1 <= limit.burst + span / limit.interval + EPSILON


@given(limit=limits, gaps=gaps)
def test_what_is_over_the_limit_has_no_token(limit, gaps):
    """Nothing is turned away that a plain count of tokens would let go."""
    buckets, charge, tokens, now = Buckets(), Charge(limit, ("a",)), float(limit.burst), 0.0
    least = -limit.up_to / limit.interval if limit.over is Over.DELAY else 0.0
    for gap in gaps:
        now += gap
        tokens = min(limit.burst, tokens + gap / limit.interval)
        if isinstance(buckets.take([charge], now), Charge):
            assert tokens - 1 < least + EPSILON
        else:
            tokens -= 1
            assert tokens > least - EPSILON


@given(limit=limits, steps=st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=40))
def test_what_is_given_back_at_once_never_counted(limit, steps):
    """Charges that are given back leave a bucket as charges that never were."""
    charge, now = Charge(limit, ("a",)), 0.0
    buckets, without = Buckets(), Buckets()
    for gap, comes_to_nothing in steps:
        now += gap
        wait = buckets.take([charge], now)
        if not comes_to_nothing:
            expected = without.take([charge], now)
            assert isinstance(wait, Charge) == isinstance(expected, Charge)
            if not isinstance(wait, Charge) and not isinstance(expected, Charge):
                assert abs(wait - expected) < EPSILON
        elif not isinstance(wait, Charge):
            buckets.give_back([charge])
