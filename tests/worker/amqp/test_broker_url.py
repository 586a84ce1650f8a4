import pytest

from worker.amqp.broker_url import shown


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("amqp://u:canary@host:5672/v", "amqp://host:5672/v"),
        ("amqp://u:canary@host/", "amqp://host/"),
        ("amqps://u:c%40nary@[::1]:5671/a%2Fb?heartbeat=1&x=canary", "amqps://[::1]:5671/a%2Fb"),
        ("amqp://host", "amqp://host"),
    ],
)
def test_a_url_is_shown_without_user_password_and_options(url, text):
    """Of a broker URL people see scheme, host, port and virtual host."""
    assert shown(url) == text


@pytest.mark.parametrize(
    "url",
    [
        "amqp://u:canary@host:port/",
        "amqp://u:canary@[",
        "amqp://[canary",
        "amqp://u:12/canary@host/",
        "amqp://u:12#canary@host/",
        "amqp://u:12?canary@host/",
    ],
)
def test_an_unreadable_url_is_not_shown_at_all(url):
    """What cannot be read as a URL is not repeated, since a password may be anywhere in it."""
    assert "canary" not in shown(url)
