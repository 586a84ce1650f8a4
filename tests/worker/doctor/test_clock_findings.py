import pytest

from tests.worker.doctor.judged import host, ids
from worker.doctor.broker_facts import ClockReading
from worker.doctor.clock_findings import clock_findings
from worker.doctor.kernel_clock import clock_is_synchronised


@pytest.mark.parametrize(
    ("theirs", "before", "after", "ahead"),
    [
        (100.0, 100.2, 100.4, 0.0),  # the second is not over
        (99.0, 100.2, 100.4, pytest.approx(-0.2)),
        (101.0, 100.2, 100.4, pytest.approx(0.6)),
        (90.0, 100.0, 100.0, -9.0),
        (110.0, 90.0, 100.0, 10.0),  # a slow answer proves less
        (105.0, 100.0, 110.0, 0.0),
    ],
)
def test_a_reading_proves_what_it_can(theirs, before, after, ahead):
    """A clock that shows whole seconds, asked at some moment between two, differs by so much at least."""
    assert ClockReading(theirs, before, after).ahead == ahead


@pytest.mark.parametrize(
    ("theirs", "expected", "said"),
    [
        (1000.0, "clock_agrees", "agrees"),
        (990.0, "clock_differs", "9 s ahead of"),
        (1010.0, "clock_differs", "10 s behind"),
        (1400.0, "clock_wrong", "400 s behind"),
        (500.0, "clock_wrong", "499 s ahead of"),
    ],
)
def test_a_clock_that_differs_is_told_with_its_direction(theirs, expected, said):
    """Some seconds are a warning, a minute is a problem, and it is said who is ahead."""
    facts = host(clock=ClockReading(theirs, 1000.0, 1000.0))
    (found,) = clock_findings([facts], synchronised=False)
    assert found.sign.id == expected
    assert said in found.text


@pytest.mark.parametrize(
    ("synchronised", "expected"),
    [(False, "clock_unsynchronised"), (True, "clock_unseen"), (None, "clock_unseen")],
)
def test_without_the_brokers_clock_the_kernel_is_asked(synchronised, expected):
    """Where the broker's clock cannot be seen, the kernel's word counts."""
    assert ids(clock_findings([host()], synchronised=synchronised)) == [expected]


def test_the_kernel_answers_or_says_nothing():
    """The kernel's answer is a yes, a no or nothing, and asking it needs no privileges."""
    assert clock_is_synchronised() in {True, False, None}
