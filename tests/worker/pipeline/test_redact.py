import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.pipeline.json_reader import read_json_object
from worker.pipeline.redact import REDACTED, redact

CANARY = "canary-0123456789"
NAMES = ("api_key", "apiKey", "API-KEY", "apikey", "token", "Secret", "PASSWORD", "pass_word")

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
planted = st.recursive(
    st.sampled_from(NAMES).map(lambda name: {name: CANARY}),
    lambda inner: (
        st.tuples(plain, inner).map(list)
        | st.tuples(st.sampled_from(["a", "b", "token"]), inner).map(lambda pair: dict([pair]))
    ),
    max_leaves=3,
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [CANARY, 7, True, "", [CANARY], {"a": CANARY}])
def test_keys_at_the_top_level_are_replaced(name, value):
    """The value of anything named like a key is replaced at the top level, whatever it is."""
    clean, count = redact({name: value, "text": "hello"})
    assert clean == {name: REDACTED, "text": "hello"}
    assert count == 1


@pytest.mark.parametrize("place", ["override", "metadata"])
@given(inside=planted)
def test_keys_at_any_depth_of_override_and_metadata_are_replaced(place, inside):
    """No key survives in `override` or `metadata`, however deep it was planted."""
    clean, count = redact({place: inside})
    assert CANARY not in json.dumps(clean)
    assert count >= 1


@given(document=st.dictionaries(st.sampled_from(["text", "metadata", "override"]), plain))
def test_a_message_without_keys_stays_as_it_is(document):
    """Where nothing is named like a key, nothing changes and nothing is counted."""
    assert redact(document) == (document, 0)


def test_names_that_only_resemble_a_key_stay():
    """A name that merely contains such a word is nobody's secret."""
    document = {"tokens": 5, "my_token": "a", "metadata": {"secretary": "b", "password_hint": "c"}}
    assert redact(document) == (document, 0)


def test_other_places_are_not_searched():
    """Deep in other fields a user may write what they like: it is content, not configuration."""
    document = {"context": {"token": "a"}, "parts": [{"data": {"password": "b"}}]}
    assert redact(document) == (document, 0)


def test_a_key_that_is_null_is_no_key():
    """A null where a key could stand is left alone and not counted."""
    document = {"api_key": None, "override": {"token": None}}
    assert redact(document) == (document, 0)


def test_every_replacement_counts():
    """The count is the number of values that were replaced."""
    document = {"token": 1, "override": {"secret": 2}, "metadata": [{"password": 3}, {"a": 4}]}
    assert redact(document)[1] == 3


def test_the_message_itself_is_not_changed():
    """Redaction makes a new document and leaves the given one, at every depth, as it was."""
    document = {"token": CANARY, "metadata": {"deep": [{"password": CANARY}]}}
    before = json.dumps(document)
    redact(document)
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    "body",
    [
        b'{"metadata": {"api_key": "canary", "api_key": null}}',
        b'{"metadata": {"a": {"token": "canary"}, "a": 1}}',
        b'{"override": {"a": [{"b": {"secret": ["canary"]}, "b": {}}]}}',
        b'{"type": "message", "data": {"password": "canary", "password": null}}',
        b'{"type": "message", "data": {"metadata": {"token": "canary"}, "metadata": {}}}',
    ],
)
def test_a_key_that_is_written_over_is_counted(body):
    """A key behind which its name stands again is not in the message, but in the body that is kept."""
    clean, count = redact(read_json_object(body))
    assert "canary" not in str(clean)
    assert count == 1


def test_what_is_written_twice_and_is_no_key_is_not_counted():
    """A name that stands twice in an object changes nothing by itself."""
    assert redact(read_json_object(b'{"metadata": {"a": 1, "a": 2}}')) == (
        {"metadata": {"a": 2}},
        0,
    )
