import pytest

from routing.written_key import looks_like_key, without_written_key


@pytest.mark.parametrize(
    "text", ["sk-abc", "gsk_abc", " ghp_abc", "AIzaabc", "eyJabc", "Bearer abc"]
)
def test_keys_of_known_services_are_known_by_their_looks(text):
    """A text that begins as such keys do is taken for one."""
    assert looks_like_key(text)


@pytest.mark.parametrize(
    "text", ["sky", "gpt-4o", "ski-model", "hub", "bearer", "${KEY}", "risk-1"]
)
def test_names_of_models_are_not_taken_for_keys(text):
    """Words that only resemble a key's beginning are words."""
    assert not looks_like_key(text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("api_key:canary", "api_key:…"),
        ("api_key canary", "api_key …"),
        ("runtimes.Token = canary", "runtimes.Token =…"),
        (f"runtimes.sk-{'a1' * 10}.model", "runtimes.…"),
        ("hf-small", "hf-small"),
        ("hf-mistral-7b-instruct-v0.2", "hf-mistral-7b-instruct-v0.2"),
        ("model.routes[0].api_key", "model.routes[0].api_key"),
    ],
)
def test_a_name_is_shown_without_the_key_in_it(name, shown):
    """What follows the name of a key, or begins and is as long as keys are, is not shown."""
    assert without_written_key(name) == shown
