import pytest

from routing.changed_settings import changed_settings
from tests.routing.loading import table as load

TABLE = """
model: {default: m, provider: custom, api_key: "${KEY}", base_url: https://a/v1}
runtimes:
  codex: {model: gpt-5.4, params: {t: 1}}
models: [turbo]
hub_platforms: [hub]
platforms:
  telegram: {home_channel: "42", publishers: [hub-telegram]}
owners: {signal: ["7"]}
"""


def _changed(old, new):
    return {each.name: (each.old, each.new) for each in changed_settings(load(old), load(new))}


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("provider: custom", "provider: other", {"base.provider": ("custom", "other")}),
        ("${KEY}", "${OTHER}", {"base.credential": ("env:KEY", "env:OTHER")}),
        ("{t: 1}", "{t: 1.0}", {"runtimes.codex.params": ({"t": 1}, {"t": 1.0})}),
        ("hub_platforms: [hub]", "hub_platforms: [mesh, hub]", {"hub_platforms": ([], ["mesh"])}),
        ('home_channel: "42"', 'home_channel: "43"', {"home_channels.telegram": ("42", "43")}),
        (
            'home_channel: "42"',
            'home_channel: {chat_id: "42", thread_id: "1"}',
            {"home_channels.telegram": ("42", {"chat_id": "42", "thread_id": "1"})},
        ),
        (
            "[hub-telegram]",
            "[hub-telegram, hub-2]",
            {"publishers.telegram": ([], ["hub-2"])},
        ),
        (
            ", publishers: [hub-telegram]",
            "",
            {"publishers.telegram": (["hub-telegram"], None)},
        ),
        (
            "models: [turbo]",
            "models: [turbo]\nlimits: {per_pair: {hub_peer: 5/h}, per_sender: {owner: 1/s}}",
            {
                "limits.per_pair.hub_peer": ("10/min", "5/h"),
                "limits.per_sender.owner": (None, "1/s"),
            },
        ),
        (
            "models: [turbo]",
            "models: [turbo]\nlimits: {per_pair: {hub_peer: {rate: 10/min, over: delay}}}",
            {
                "limits.per_pair.hub_peer": (
                    "10/min",
                    {"rate": "10/min", "burst": 10, "over": "delay", "up_to": 10.0},
                )
            },
        ),
        ('["7"]', '["8"]', {"owners.signal": (["7"], ["8"])}),
        (
            "models: [turbo]",
            "models: [turbo, x]",
            {"models": ([], ["x"]), "models that may be asked for": ([], ["x"])},
        ),
        (
            "models: [turbo]",
            "models: [turbo]\nspoofable_platforms: [telegram]",
            {"spoofable_platforms": ([], ["telegram"])},
        ),
        (
            "models: [turbo]",
            "models: [turbo]\noverrides: {stranger: none}",
            {"overrides.stranger": ("listed", "none")},
        ),
        (
            "models: [turbo]",
            "models: [turbo]\ngroup_conversations: shared",
            {"group_conversations": ("per_user", "shared")},
        ),
        ("models: [turbo]", "models: [turbo]\ntrust: open", {"trust": ("exchange", "open")}),
    ],
)
def test_what_changed_is_named_with_old_and_new(was, now, expected):
    """Each setting that moves messages is told, with what it was and what it is."""
    assert was in TABLE
    assert _changed(TABLE, TABLE.replace(was, now)) == expected


def test_a_runtime_that_comes_or_goes_is_told_whole():
    """A named runtime on one side only is shown with the fields that it states."""
    more = TABLE.replace("runtimes:\n", "runtimes:\n  local: {model: gpt-5.4, provider: p}\n")
    whole = {"model": "gpt-5.4", "provider": "p"}
    assert _changed(TABLE, more) == {"runtimes.local": (None, whole)}
    assert _changed(more, TABLE) == {"runtimes.local": (whole, None)}


def test_models_that_nobody_may_ask_for_move_nothing():
    """A model that only a rule knows is no setting where no source kind may name any model."""
    nobody = TABLE + "overrides: {owner: listed, cron: none}\n"
    routed = nobody.replace(
        "https://a/v1}", "https://a/v1, routes: [{match: {hops: 1}, model: x}]}"
    )
    assert _changed(nobody, routed) == {}
    open_to_owners = routed.replace("owner: listed", "owner: any")
    assert _changed(open_to_owners.replace("model: x", "model: y"), open_to_owners) == {
        "models that may be asked for": (["y"], ["x"])
    }


def test_limits_of_simple_messages_count_where_a_rule_asks():
    """What counts as simple is told only where a rule of either table asks whether a text is."""
    limit = "smart_model_routing: {enabled: %s, max_simple_chars: %d, cheap_model: {model: m}}\n"
    assert _changed(TABLE + limit % ("false", 100), TABLE + limit % ("false", 90)) == {}
    assert _changed(TABLE + limit % ("true", 100), TABLE + limit % ("true", 90)) == {
        "smart_model_routing.max_simple_chars": (100, 90)
    }


def test_lists_and_mappings_in_another_order_are_the_same():
    """Neither the order of names nor a list that says nothing is a change."""
    assert (
        _changed(TABLE, TABLE.replace('{signal: ["7"]}', '{signal: ["7", "7"], slack: []}')) == {}
    )


CLOSED = """
model: {default: m, routes: [{match: {platform: discord, user_id: "9"}, model: x}]}
overrides: {owner: none, cron: none, hub_peer: none, stranger: none}
"""


@pytest.mark.parametrize(
    "more",
    [
        "runtimes: {x: {model: y}}",
        "models: [foo]",
        'owners: {hub: ["1"], webhook: ["2"], cron: ["3"], cli: ["4"]}',
        "platforms: {hub: {home_channel: 1}, webhook: {home_channel: 2}, cli: {home_channel: 3}}",
        "spoofable_platforms: [webhook, api_server, msgraph_webhook, hub, slack, cron, cli]",
    ],
)
def test_what_nothing_comes_of_is_not_told(more):
    """Names that nobody may name, and owners where nobody can be one, move no message."""
    assert _changed(CLOSED, CLOSED + more) == {}
    assert _changed(CLOSED + more, CLOSED) == {}


def test_models_are_told_where_some_policy_is_listed():
    """A list of models counts for those who may name listed ones, less what the base is."""
    listed = CLOSED.replace("stranger: none", "stranger: listed")
    assert _changed(listed, listed + "models: [m, foo]") == {"models": ([], ["foo"])}
    assert _changed(listed, listed + "runtimes: {x: {model: y}}") == {}
    trusted = CLOSED.replace("owner: none", "owner: any")
    assert _changed(trusted, trusted + "models: [foo]") == {
        "models that may be asked for": ([], ["foo"])
    }


def test_a_policy_of_peers_counts_where_there_can_be_some():
    """What peers may name is no setting of tables without a hub platform."""
    for hubs, names in (("[]", set()), ("[hub]", {"overrides.hub_peer"})):
        old = f"{CLOSED}hub_platforms: {hubs}\n"
        assert _changed(old, old.replace("hub_peer: none", "hub_peer: any")).keys() == names


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", {"discord"}),  # the one that a rule may ask for a user id
        ('owners: {slack: ["1"], hub: ["1"]}', {"discord", "slack"}),
        ("platforms: {teams: {home_channel: 1}}", {"discord", "teams"}),
    ],
)
def test_that_ids_can_be_forged_counts_where_one_is_asked_for(more, told):
    """A platform that becomes spoofable is told where a rule asks for a user id, or owners come from."""
    some = "\nspoofable_platforms: [hub, cli, slack, teams, discord]"
    changed = _changed(CLOSED + more + "\nspoofable_platforms: []", CLOSED + more + some)
    assert changed["spoofable_platforms"] == ([], sorted(told))


def test_who_is_an_owner_is_told_where_either_table_has_owners():
    """An owner's id counts even if only one of the tables lets anybody be an owner there."""
    listing = 'owners: {slack: ["1"]}\nspoofable_platforms: %s\n'
    before, after = CLOSED + listing % "[]", CLOSED + listing % "[slack]"
    assert _changed(before, after).keys() == {"spoofable_platforms"}
    assert _changed(before, after.replace('"1"', '"2"')).keys() == {
        "owners.slack",
        "spoofable_platforms",
    }
