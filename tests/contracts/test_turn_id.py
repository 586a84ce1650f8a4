from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import turn_id

GOLDEN = UUID("27160b5c-f8a8-5bf4-a0f9-106f1a0e05e4")
NAMESPACE = UUID("6f3f7bb0-6a52-5d0e-9a3f-0f6a1f0b7c11")


def test_golden_turn_id():
    """A message keeps its turn id for ever."""
    assert turn_id("telegram", None, "c", "m") == GOLDEN


def test_no_agent_is_an_empty_agent():
    """A message to no agent has the turn id of one to the agent without a name."""
    assert turn_id("telegram", "", "c", "m") == GOLDEN


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("hub", "a", "c", "m"), '["hub","a","c","m"]'),
        (("hub", None, "grüße 👋", "m"), '["hub","","grüße 👋","m"]'),
        (("hub", None, 'a"b\\c\n', "/m"), '["hub","","a\\"b\\\\c\\n","/m"]'),
    ],
)
def test_it_is_of_the_json_array(parts, text):
    """The name is a JSON array without spaces, in which what is not ASCII stays as it is."""
    assert turn_id(*parts) == uuid5(NAMESPACE, text)


parts = st.tuples(*[st.text(alphabet='a",[]\\', max_size=4)] * 4)


@given(parts, parts)
def test_different_messages_have_different_turns(one, other):
    """Two messages share a turn id exactly if platform, agent, conversation and id are the same."""
    assert (turn_id(*one) == turn_id(*other)) == (one == other)
