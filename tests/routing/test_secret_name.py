"""Which names are keys'."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.secret_name import is_secret_name, may_be_secret, secret_names

_SPELLED = st.lists(st.sampled_from(["api", "Key", "TOKEN", "password", "_", "-", "eos", ""])).map(
    "".join
)


@given(st.lists(_SPELLED))
def test_names_are_found_as_each_one_would_be(names):
    """Of many names those are secret that are when they are asked for one by one, in their order."""
    assert secret_names(names) == [name for name in names if is_secret_name(name)]


@pytest.mark.parametrize("name", ["api_key", "API-Key", "apikey", "token", "Secret", "PASS_WORD"])
def test_spelling_hides_no_key(name):
    """Case, underscores and hyphens make no difference."""
    assert is_secret_name(name)
    assert secret_names([name]) == [name]


@pytest.mark.parametrize("name", ["eos_token", "api", "key", "passwords", "token count", ""])
def test_what_only_resembles_a_key_is_not_masked(name):
    """Models have tokens of their own, and a word within a name is not the name."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("name", "suspected"),
    [("X-Api-Key", True), ("access_token", True), ("cookie", True), ("eos_token", False)],
)
def test_tables_are_held_to_more(name, suspected):
    """What a table may not put into a job is known by how its name ends."""
    assert may_be_secret(name) is suspected
