import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.expand import expand

ENVIRON = {"A": "one", "B_2": "two", "EMPTY": "", "YAML": "{a: ${A}}", "BYTES": "x\udcff"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${A}", "one"),
        ("x${A}y${B_2}z", "xoneytwoz"),
        ("${A:-other}", "one"),
        ("${NONE:-other}", "other"),
        ("${NONE:-}", ""),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY:-}", ""),
        ("${NONE:-a: [b], #c}", "a: [b], #c"),
        ("${NONE:-a b:c-d}", "a b:c-d"),
        ("${YAML}", "{a: ${A}}"),
        ("$${A}", "${A}"),
        ("$A $ $$ {A} a$$b", "$A $ $$ {A} a$$b"),
        ("", ""),
    ],
)
def test_variables_are_filled_in(text, expanded):
    """`${NAME}` and `${NAME:-default}` become text, which is not looked into again."""
    result = expand(text, ENVIRON)
    assert result.complaints == ()
    assert result.text == expanded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${NONE}", "`${NONE}` is not set"),
        ("${EMPTY}", "`${EMPTY}` is empty"),
        ("${BYTES}", "does not hold UTF-8"),
        ("${}", "does not begin a variable"),
        ("${1A}", "does not begin a variable"),
        ("${A", "does not begin a variable"),
        ("${A-x}", "does not begin a variable"),
        ("${A:?x}", "does not begin a variable"),
        ("${A:-${B_2}}", "does not begin a variable"),
        ("${ A }", "does not begin a variable"),
    ],
)
def test_what_is_no_variable_with_a_value_is_a_complaint(text, words):
    """A variable that is unset, empty, not text, or written another way is never passed over."""
    (complaint,) = expand(text, ENVIRON).complaints
    assert words in complaint.message


def test_every_variable_of_a_text_is_complained_about():
    """Two variables that are not set are two complaints."""
    assert len(expand("${NONE}/${NOTHING}", {}).complaints) == 2


def test_the_environment_is_the_argument(monkeypatch):
    """The process's own environment is not looked at."""
    monkeypatch.setenv("NONE", "x")
    assert expand("${NONE}", {}).complaints


@given(st.text(alphabet="$${}:-AB1 x", max_size=30))
def test_any_text_is_expanded_or_complained_about(text):
    """No text makes expanding fail, and one without `${` stays as it is."""
    result = expand(text, ENVIRON)
    assert result.complaints or "${" in text or result.text == text


def test_no_value_is_shown():
    """The repr of an expanded text does not show what the variables hold."""
    assert "canary" not in repr(expand("${K}", {"K": "canary-1"}))
