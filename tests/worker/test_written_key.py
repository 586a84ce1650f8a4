import pytest

from worker.written_key import looks_like_key


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
