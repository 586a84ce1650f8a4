import pytest

from worker.doctor.finding import Finding, counted, exit_code, listed
from worker.doctor.sign import Level, Sign

GOOD, WARNED = Finding(Sign.DEAD_EMPTY, "x"), Finding(Sign.DEAD_LETTERS, "x", "y")


@pytest.mark.parametrize(
    ("signs", "code"),
    [
        ([], 0),
        ([Sign.DEAD_EMPTY, Sign.DEAD_LETTERS], 0),
        ([Sign.JOBS_WITHOUT_RUNNER], 1),
        ([Sign.JOBS_WITHOUT_RUNNER, Sign.ARGUMENTS_DIFFER], 4),
        ([Sign.ARGUMENTS_DIFFER, Sign.PERMISSION_MISSING], 3),
        ([Sign.BROKER_UNREACHABLE, Sign.TABLE_ERRORS], 2),
    ],
)
def test_the_exit_code_is_that_of_what_has_to_be_put_right_first(signs, code):
    """Table and settings come before the broker, that before its queues, and those before the rest."""
    found = [Finding(sign, "x") for sign in signs]
    assert exit_code(found, strict=False) == code
    assert exit_code(reversed(found), strict=False) == code


def test_strict_minds_warnings():
    """Warnings alone end in 0, with strict in 1, and with strict a graver code stays."""
    assert exit_code([GOOD, WARNED], strict=False) == 0
    assert exit_code([GOOD, WARNED], strict=True) == 1
    assert exit_code([GOOD], strict=True) == 0
    assert exit_code([WARNED, Finding(Sign.ARGUMENTS_DIFFER, "x")], strict=True) == 4


def test_every_sign_has_a_name_of_its_own():
    """A name is its member's in small letters, so that it is found in the source; none is used twice."""
    assert [sign.id for sign in Sign] == [name.lower() for name in Sign.__members__]
    assert all(sign.code in {1, 2, 3, 4} for sign in Sign if sign.level is Level.PROBLEM)


def test_long_lists_stay_readable():
    """Of many names the first few are shown, and how many there are besides."""
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(n) for n in range(1000)]) == "0, 1, 2, 3, 4, 5, 6, 7 and 992 more"
    assert counted(1, "queue") == "1 queue"
    assert counted(2000, "queue") == "2,000 queues"
