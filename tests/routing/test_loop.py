import pytest

from contracts import PlatformName
from routing.loop import is_echo
from tests.routing.tables import message

HUB = PlatformName("hub")


@pytest.mark.parametrize(
    ("source", "agent_id", "platform"),
    [
        ({"user_id": "slate"}, "slate", HUB),
        ({"user_id": 7}, "7", PlatformName("telegram")),
        ({"user_id": "x", "user_id_alt": "slate"}, "slate", HUB),
        ({"user_id_alt": "slate"}, "slate", HUB),
        ({}, "slate", PlatformName("hub", "slate")),
        (None, "slate", PlatformName("hub", "slate")),
    ],
)
def test_a_message_to_its_own_sender_is_an_echo(source, agent_id, platform):
    """The sender's id, either one, is the agent's, as text; a hub peer may be just an instance."""
    assert is_echo(message(source, agent_id=agent_id), platform, {"hub"})


@pytest.mark.parametrize(
    ("source", "agent_id", "platform"),
    [
        ({"user_id": "slate"}, None, HUB),
        ({"user_id": ""}, "", HUB),
        ({"user_id": "Slate"}, "slate", HUB),
        ({"user_id": "quartz", "user_name": "slate"}, "slate", HUB),
        ({"user_id": "quartz"}, "slate", PlatformName("hub", "slate")),
        ({"user_id": "slate"}, "slate", PlatformName("cron")),
        ({}, "two", PlatformName("telegram", "two")),
        (None, "slate", HUB),
    ],
)
def test_what_others_write_is_none(source, agent_id, platform):
    """Without both ids, with another case or by a mere name, or from the scheduler, it is none."""
    assert not is_echo(message(source, agent_id=agent_id), platform, {"hub"})
