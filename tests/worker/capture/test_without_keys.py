import pytest

from worker.capture.without_keys import without_keys


@pytest.mark.parametrize(
    "name", ["token", "Api-Key", "x-api-key", "Authorization", "my_secret", "accessToken", "Cookie"]
)
def test_what_has_a_keys_name_is_left_out_at_any_depth(name):
    """A value under a key's name is replaced wherever it stands, and that is said."""
    value = {"reply_to": {"headers": [{name: "canary"}]}, name: {"x": "canary"}, "text": "hi"}
    clean, had = without_keys(value)
    assert had
    assert "canary" not in str(clean)
    assert clean["text"] == "hi"
    assert "canary" in str(value)


@pytest.mark.parametrize(
    "value", [{}, [], "x", 1, None, {"tokens": 3, "eos_token": "</s>", "key": "k", "token": None}]
)
def test_everything_else_stays(value):
    """What has no key's name, or no value, is as it was."""
    assert without_keys(value) == (value, False)
