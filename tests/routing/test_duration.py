import pytest

from routing.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("60s", 60),
        ("10m", 600),
        ("2h", 7200),
        ("7", 7),
        ("0", 0),
        ("0.25", 0.25),
        ("1.5m", 90),
        (" 5 s ", 5),
    ],
)
def test_durations_are_read_as_people_write_them(text, seconds):
    """A number and a unit are a duration, and without a unit it is in seconds."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "s", "-1s", "1 minute", "1d", "1s5ms", "1,5s", "1e3", ".5s", "5S", "٣s", "inf", "nan"],
)
def test_anything_else_is_refused_with_an_example(text):
    """What is not a duration is refused in words that quote it and show how one looks."""
    with pytest.raises(ValueError, match="is not a duration such as 500ms") as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)
