from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import short
from contracts.turn_queue import turn_queue


@pytest.mark.parametrize("text", ["", "gpt-5.4", "x" * 200, "é" * 100, "👋" * 50])
def test_what_fits_stays(text):
    """Up to 200 bytes of UTF-8, a text is its own name."""
    assert short(text) == text


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("x" * 201, "x" * 120),
        ("é" * 101, "é" * 60),
        ("x" + "é" * 100, "x" + "é" * 59),
        ("👋" * 51, "👋" * 30),
        ("ab" + "👋" * 50, "ab" + "👋" * 29),
        ("x" * 10_000, "x" * 120),
    ],
)
def test_what_is_longer_is_cut_at_whole_characters(text, head):
    """A longer text becomes at most its first 120 bytes, `~` and 32 hex digits of its digest."""
    assert short(text) == f"{head}~{sha256(text.encode()).hexdigest()[:32]}"


def test_golden_stand_in():
    """The stand-in is the same for ever, because runners find their queues by it."""
    assert short("m" * 300) == "m" * 120 + "~" + "88c6e4c1d93376019f71bdb9b6927a58"


@given(st.text(alphabet="aé€👋", min_size=30, max_size=120))
def test_names_fit_and_are_found_again(text):
    """A name has at most 200 bytes, and a name made of a name is that name."""
    name = short(text)
    assert len(name.encode()) <= 200
    assert short(name) == name


def test_long_texts_that_begin_alike_have_different_names():
    """Two long texts that differ only at their end do not share a name."""
    assert short("x" * 300) != short("x" * 299 + "y")


@pytest.mark.parametrize(
    ("model", "prefix", "queue"),
    [
        ("gpt-5.4", "", "turns.gpt-5.4"),
        ("vendor/Model:tag é", "", "turns.vendor/Model:tag é"),
        ("gpt-5.4", "blue.", "blue.turns.gpt-5.4"),
        ("x" * 194, "", "turns." + "x" * 194),
        ("x" * 195, "", short("turns." + "x" * 195)),
        ("x" * 194, "b.", short("b.turns." + "x" * 194)),
    ],
)
def test_a_models_queue(model, prefix, queue):
    """A model's queue has the model's text in its name, and the whole name is cut if it is long."""
    assert turn_queue(model, prefix) == queue
