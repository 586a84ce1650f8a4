import pytest

from routing.simplicity import USUAL, Simplicity, is_simple


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "  hello there, how are you?  ",
        "two\nlines",
        "x" * 160,
        " ".join(["w"] * 28),
        "testing latest contests",
        "a wwwonder",
    ],
)
def test_short_plain_messages_are_simple(text):
    """A message within both limits and without anything of work in it is simple."""
    assert is_simple(text, USUAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "x" * 161,
        " ".join(["w"] * 29),
        "three\nlines\nhere",
        "use `x`",
        "see HTTP://x",
        "see https://x",
        "see www.x",
        "Debug it",
        "why this (exception)?",
        "please *test*.",
        "run docker!",
    ],
)
def test_other_messages_are_not_simple(text):
    """Nothing, too much, code, links and words of work are not simple."""
    assert not is_simple(text, USUAL)


def test_the_limits_are_the_tables():
    """What is too long is for the table to say."""
    assert is_simple("a b c", Simplicity(5, 3))
    assert not is_simple("a b c", Simplicity(4, 3))
    assert not is_simple("a b c", Simplicity(5, 2))
