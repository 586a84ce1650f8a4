import pytest

from worker.importing.written_secret import names_secret, without_secrets


@pytest.mark.parametrize(
    "url",
    [
        "https://models.example/v1",
        "http://127.0.0.1:8000/v1",
        "https://models.example/v1?api-version=2024-01-01",
        "https://models.example/run/@cf/model",
        "${HOST}",
        "os.environ/HOST",
        "",
    ],
)
def test_a_url_without_secrets_stays_as_it_is(url):
    """Nothing is taken from a URL in which nothing is secret."""
    assert without_secrets(url) == (url, False)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://user:canary@h.example/v1", "https://h.example/v1"),
        ("https://canary@h.example:8443/v1", "https://h.example:8443/v1"),
        ("https://a@b:canary@h.example", "https://h.example"),
        ("https://h.example/v1?api_key=canary&v=1", "https://h.example/v1"),
        ("https://h.example/v1?v=sk-canary", "https://h.example/v1"),
        ("https://h.example/v1#canary", "https://h.example/v1"),
    ],
)
def test_user_name_password_and_keys_are_taken_from_a_url(url, clean):
    """What should be secret in a URL is left out, and it is said that there was something."""
    assert without_secrets(url) == (clean, True)


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/sk-canary/v1",
        "user:canary@h.example/v1",
        "https:/user:canary@h.example/v1",
        "sk-canary",
        "https://[::1/v1",
    ],
)
def test_a_url_that_may_hold_a_key_elsewhere_is_none(url):
    """A key in the path, a login without `//` and what cannot be taken apart are not copied."""
    assert without_secrets(url) is None


def test_a_name_of_a_secret_is_known():
    """Options and parameters that are called like secrets hold them."""
    assert names_secret("--api-key")
    assert names_secret("X-Auth-Token")
    assert not names_secret("model")
    assert not names_secret("api-version")
