import json

import pytest

from routing.home_channel import HomeChannel
from tests.routing.loading import errors, table, warnings


@pytest.mark.parametrize(
    ("written", "home"),
    [
        ("42", HomeChannel("42")),
        ("0042", HomeChannel("0042")),
        ("'-100'", HomeChannel("-100")),
        ("${CHAT}", HomeChannel("from outside")),
        ("{chat_id: 42}", HomeChannel("42")),
        ("{chat_id: 42, thread_id: 07}", HomeChannel("42", "07")),
        ("{chat_id: 42, thread_id: null, name: Home}", HomeChannel("42")),
        ("null", None),
        ("''", None),
        ("[]", None),
    ],
)
def test_a_home_channel_is_text_or_a_mapping(written, home):
    """A home channel is its chat id, as written, or a mapping with a thread."""
    text = f"model: m\nplatforms: {{telegram: {{home_channel: {written}}}}}"
    assert table(text, CHAT="from outside").home_channels.get("telegram") == home


@pytest.mark.parametrize("name", ["telegram:a", "telegram/a", "' telegram '"])
def test_platforms_are_known_without_their_instance(name):
    """What is said of an instance is said of the platform, and that is a warning."""
    text = f"model: m\nplatforms: {{{name}: {{home_channel: 1, publishers: [x]}}}}\nowners: {{{name}: [2]}}"
    loaded = table(text)
    assert loaded.home_channels == {"telegram": HomeChannel("1")}
    assert loaded.publishers == {"telegram": {"x"}}
    assert loaded.owners == {"telegram": {"2"}}
    assert ("every instance of `telegram`" in warnings(text)) is (" " not in name)


def test_instances_share_publishers_and_owners():
    """Publishers and owners of two instances are the platform's together."""
    loaded = table(
        "model: m\nplatforms: {'x:a': {publishers: [p]}, 'x:b': {publishers: [q]}}\n"
        "owners: {'x:a': [1], 'x:b': [2]}"
    )
    assert loaded.publishers == {"x": {"p", "q"}}
    assert loaded.owners == {"x": {"1", "2"}}


@pytest.mark.parametrize("name", ["--help", "-p", "two\nlines", "b\x07ll"])
def test_a_publisher_has_a_name_that_commands_take(name):
    """`topology permissions` writes it into a command line, where these are no user's name."""
    problem = errors(f"model: m\nplatforms: {{x: {{publishers: [{json.dumps(name)}]}}}}")
    assert "which is no user's name" in problem


def test_the_command_line_goes_by_either_name():
    """`local` is `cli` here as well."""
    loaded = table("model: m\nplatforms: {local: {publishers: [x]}}\nhub_platforms: [local]")
    assert loaded.publishers == {"cli": {"x"}}
    assert loaded.hub_platforms == {"cli"}


@pytest.mark.parametrize(
    ("listed", "warned"),
    [
        ("publishers: []", True),
        ("publishers: null", True),
        ("signing_keys: {}", True),
        ("signing_keys: null", True),
        ("publishers: [], signing_keys: {k1: env:KEY}", False),
        ("publishers: [x], signing_keys: {}", False),
        ("home_channel: 1", False),
    ],
)
def test_where_nobody_is_left_of_a_list_a_warning_says_what_that_means(listed, warned):
    """A platform whose only list is empty believes everybody, which may be the opposite of what was meant."""
    told = warnings(f"model: m\nplatforms: {{y: {{{listed}}}}}")
    assert ("lists nobody, so whoever publishes there is believed" in told) == warned


def test_another_instance_may_list_somebody():
    """What is listed for one instance holds for all, so no warning says otherwise."""
    told = warnings("model: m\nplatforms: {'y:a': {publishers: [x]}, 'y:b': {publishers: []}}")
    assert "lists nobody" not in told


@pytest.mark.parametrize("empty", ["null", "[]", "''"])
def test_nobody_listed_is_no_restriction(empty):
    """An empty list of publishers or owners is as if it was not there."""
    loaded = table(f"model: m\nplatforms: {{x: {{publishers: {empty}}}}}\nowners: {{x: {empty}}}")
    assert loaded.publishers == {}
    assert loaded.owners == {}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("platforms: [telegram]", "2:12", ("platforms", "a mapping")),
        ("platforms: {telegram: gpt}", "2:23", ("platforms.telegram", "`model.platforms`")),
        ("platforms: {telegram: [x]}", "2:23", ("platforms.telegram", "a mapping")),
        ("platforms: {Telegram: {}}", "2:13", ("Telegram", "write `telegram`")),
        ("platforms: {'a b': {}}", "2:13", ("`a b`",)),
        ("platforms: {open: {}}", "2:13", ("`open`",)),
        ("platforms: {x: {home_chanel: 1}}", "2:17", ("did you mean `home_channel`?",)),
        ("platforms: {x: {model: y}}", "2:17", ("model", "platforms.x")),
        ("platforms: {x: {home_channel: [1]}}", "2:31", ("home_channel", "not a list")),
        ("platforms: {x: {home_channel: {}}}", "2:31", ("home_channel", "no `chat_id`")),
        ("platforms: {x: {home_channel: {chat_id: ''}}}", "2:31", ("no `chat_id`",)),
        ("platforms: {x: {home_channel: {chat: 1, chat_id: 1}}}", "2:32", ("`chat_id`",)),
        ("platforms: {x: {home_channel: {chat_id: [1]}}}", "2:41", ("chat_id", "not a list")),
        ("platforms: {'x:a': {home_channel: 1}, x: {home_channel: 2}}", "2:43", ("another",)),
        ("platforms: {x: {publishers: me}}", "2:29", ("publishers", "[…]")),
        ("platforms: {x: {publishers: ['']}}", "2:30", ("publishers", "empty text")),
        ("platforms: {x: {publishers: [null]}}", "2:30", ("publishers[0]",)),
        ("platforms: {x: {isolated: yes}}", "2:27", ("isolated", "not `yes`")),
        ("platforms: {x: {isolated: [true]}}", "2:27", ("isolated", "not a list")),
        ("platforms: {'x:a': {isolated: true}, x: {isolated: false}}", "2:42", ("already",)),
        ("isolated: true", "2:1", ("isolated", "`platforms:`")),
        ("owners: [42]", "2:9", ("owners", "a mapping")),
        ("owners: {telegram: 42}", "2:20", ("owners.telegram", "[…]")),
        ("owners: {telegram: [[42]]}", "2:21", ("owners.telegram[0]",)),
        ("owners: {Telegram: [42]}", "2:10", ("Telegram",)),
        ("hub_platforms: hub", "2:16", ("hub_platforms", "[…]")),
        ("hub_platforms: [Hub]", "2:17", ("Hub", "write `hub`")),
        ("hub_platforms: {hub: x}", "2:16", ("hub_platforms", "a list")),
        ("hub_platforms: ['']", "2:17", ("hub_platforms",)),
        ("hub_platforms: [null]", "2:17", ("hub_platforms[0]",)),
        ("spoofable_platforms: [ｈｕｂ]", "2:23", ("ｈｕｂ",)),
    ],
)
def test_a_malformed_section_is_told_with_its_place(text, place, words):
    """Who is who must be said in the right shape."""
    (line,) = errors(f"model: m\n{text}").splitlines()
    assert line.startswith(f"t.yaml:{place}: ")
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    "text",
    [
        "platforms: {hub: {home_channel: 1}}",
        "platforms: {webhook: {home_channel: 1}}",
        "platforms: {cron: {home_channel: 1}}",
        "owners: {api_server: [1]}",
        "owners: {mesh: [1]}\nhub_platforms: [mesh]",
        "owners: {mesh: [1]}\nspoofable_platforms: [mesh]",
    ],
)
def test_an_owner_who_is_none_is_a_warning(text):
    """A home channel or owners where nobody can be the owner is said aloud."""
    assert "makes nobody an owner" in warnings(f"model: m\n{text}")


def test_isolated_platforms_are_read_with_all_their_instances():
    """`isolated: true` holds for a platform as a whole; null, false and nothing are no."""
    loaded = table(
        "model: m\nplatforms: {'x:a': {isolated: true}, 'x:b': {}, y: {isolated: false},"
        " z: {isolated: null}, local: {isolated: 'true'}}"
    )
    assert loaded.isolated_platforms == {"x", "cli"}
