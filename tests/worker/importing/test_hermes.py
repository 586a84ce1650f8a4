import pytest

from tests.worker.importing.importing import Imported
from worker.importing.hermes import import_hermes
from worker.importing.imported_table import NotImportableError


def hermes(text):
    return Imported(import_hermes, text)


@pytest.mark.parametrize(
    "text", ["model: m", "model: {default: m}", "model: {default: '', model: m}"]
)
def test_the_base_is_read_in_all_its_forms(text):
    """A bare name, `default` and, where that is empty, `model` name the base's model."""
    assert hermes(text).table["model"] == {"default": "m"}


def test_the_base_keeps_what_a_runtime_has():
    """Provider, host, mode and parameters are kept; the rest of the block is dropped by name."""
    made = hermes("""
        model:
          default: m
          provider: custom
          base_url: https://models.example/v1
          api_mode: chat_completions
          max_tokens: 2048
          context_length: 9
        """)
    assert made.table["model"] == {
        "default": "m",
        "provider": "custom",
        "base_url": "https://models.example/v1",
        "api_mode": "chat_completions",
        "params": {"max_tokens": "2048"},
    }
    assert made.said("dropped", "`model.context_length`") == 8
    assert made.said("kept", "`model` is the base") == 2
    assert made.said("unknown", "has no key") == 2


@pytest.mark.parametrize("text", ["terminal: {}", "model: {provider: p}", "model: null", "[m]"])
def test_a_file_that_names_no_model_is_told_in_one_line(text):
    """Without a model there is no table, and the error says what to write."""
    with pytest.raises(NotImportableError, match=r"^[^\n]*(names no model|no mapping)[^\n]*$"):
        hermes(text)


def test_a_key_that_has_a_name_keeps_it():
    """`${NAME}`, `api_key_env` and `key_env` give the variable its name."""
    made = hermes("""
        model:
          default: m
          api_key: ${BASE}
          routes:
            - {match: {platform: slack}, api_key_env: SLACK}
            - {match: {platform: irc}, key_env: IRC}
            - {match: {platform: sms}, api_key: '${SMS:-canary}'}
        """)
    assert made.table["model"]["api_key"] == "${BASE}"
    keys = [route["api_key"] for route in made.table["model"]["routes"]]
    assert keys == ["${SLACK}", "${IRC}", "${SMS}"]
    assert list(made.variables) == ["BASE", "SLACK", "IRC", "SMS"]


def test_a_key_written_out_is_named_after_its_place():
    """One variable for each key, the same for the same key, and never a name the file uses."""
    made = hermes("""
        model:
          default: m
          api_key: canary-1
          routes:
            - {match: {platform: slack}, api_key: canary-1}
            - {match: {platform: irc}, api_key: canary-2}
            - {match: {platform: sms}, api_key_env: MODEL_ROUTES_1_API_KEY}
        """)
    assert made.table["model"]["api_key"] == "${MODEL_API_KEY}"
    keys = [route["api_key"] for route in made.table["model"]["routes"]]
    assert keys == ["${MODEL_API_KEY}", "${MODEL_ROUTES_1_API_KEY_2}", "${MODEL_ROUTES_1_API_KEY}"]
    assert made.variables["MODEL_API_KEY"] == "model.api_key"


def test_rules_keep_their_order_and_their_match():
    """Routes and shorthands become the same rules, with a test each that goes to their model."""
    made = hermes("""
        model:
          default: m
          routes:
            - {match: {source_kind: owner}, model: strong}
            - {match: {platform: Discord, user_id: [007, 8]}, model: d}
          platforms: {hub: peer, slack: {model: s}, irc: {}}
          by_source: {stranger: {model: small}}
        """)
    assert made.table["model"]["routes"] == [
        {"match": {"source_kind": "owner"}, "model": "strong"},
        {"match": {"platform": "discord", "user_id": ["007", "8"]}, "model": "d"},
    ]
    assert made.table["model"]["platforms"] == {"hub": "peer", "slack": {"model": "s"}}
    assert made.table["model"]["by_source"] == {"stranger": {"model": "small"}}
    tested = {test["expect"]["route"]: test["expect"]["model"] for test in made.table["tests"]}
    assert tested == {
        "routes[0]": "strong",
        "routes[1]": "d",
        "platforms.hub": "peer",
        "platforms.slack": "s",
        "by_source.stranger": "small",
        "base": "m",
    }
    assert made.said("dropped", "`model.platforms.irc` is empty") == 7
    assert made.made.untested == ()


def test_both_shorthands_are_told_not_to_be_merged():
    """Where `platforms` and `by_source` both have rules, it is said that nothing is merged."""
    both = "model: {default: m, platforms: {slack: s}, by_source: {stranger: {model: t}}}"
    assert hermes(both).said("changed", "`model.by_source`", "merge the two by hand") == 1
    assert not hermes("model: {default: m, platforms: {slack: s}}").notes("changed")


def test_a_rule_that_a_table_cannot_say_is_dropped_with_the_reason():
    """An unknown fact, a bare-text source and a malformed rule go, and the others stay."""
    made = hermes("""
        model:
          default: m
          routes:
            - {match: {colour: red}, model: a}
            - {match: {platform: slack}, model: b}
            - nonsense
          by_source: {cron: nightly}
        """)
    assert made.table["model"]["routes"] == [{"match": {"platform": "slack"}, "model": "b"}]
    assert made.said("dropped", "`model.routes[0]`", "unknown key `colour`") == 5
    assert made.said("dropped", "`model.routes[2]`") == 7
    assert made.said("dropped", "`model.by_source.cron`", "must be a mapping") == 8


@pytest.mark.parametrize(
    "fact",
    [
        "chat_id: null",
        "chat_id: [1, '']",
        "sk-name: x",
        "chat_id: {not: {sk-name: x}}",
        'chat_id: "\\a"',
    ],
)
def test_a_match_is_copied_whole_or_not_at_all(fact):
    """A rule of whose match a part is lost would match more, so all of it is dropped."""
    made = hermes(f"model: {{default: m, routes: [{{match: {{platform: slack, {fact}}}}}]}}")
    assert "routes" not in made.table["model"]
    assert made.said("dropped", "`model.routes[0]`") == 1


def test_a_rule_that_no_message_reaches_has_no_test():
    """A rule behind another that takes all of its messages is named instead of tested."""
    made = hermes("""
        model:
          default: m
          routes:
            - {match: {platform: slack}, model: a}
            - {match: {platform: slack, user_id: 1}, model: b}
        """)
    assert made.made.untested == ("routes[1]",)


def test_a_home_channel_makes_its_direct_messages_the_owners():
    """The chat and thread of a home channel are kept, and a test says whose messages they are."""
    made = hermes("""
        model: m
        platforms:
          telegram: {token: canary, home_channel: {platform: telegram, chat_id: 42, name: n}}
          slack: {home_channel: {chat_id: C1, thread_id: 7}}
          signal: {enabled: true}
          irc: {enabled: false}
        """)
    assert made.table["platforms"] == {
        "telegram": {"home_channel": "42"},
        "slack": {"home_channel": {"chat_id": "C1", "thread_id": "7"}},
        "signal": {},
    }
    given = [each["given"] for each in made.table["tests"] if "source_kind" in each["expect"]]
    assert given == [
        {"platform": "telegram", "chat_type": "dm", "chat_id": "42"},
        {"platform": "slack", "chat_type": "dm", "chat_id": "C1", "thread_id": "7"},
    ]
    assert made.said("unknown", "`platforms.signal`", "home_channel") == 6
    assert made.said("dropped", "`platforms.irc` is not enabled") == 7
    assert made.said("dropped", "`token`") == 4


def test_channel_overrides_are_kept_wherever_they_stand():
    """Overrides under `platforms`, `gateway` and the platform's own section are rules."""
    made = hermes("""
        model: m
        platforms: {discord: {channel_overrides: {811: {model: a, system_prompt: p}, 812: b}}}
        gateway: {platforms: {slack: {channel_overrides: {C1: {model: c}}}}}
        telegram: {channel_overrides: {-100: {model: d}, 5: {system_prompt: p}}}
        irc: {require_mention: true}
        """)
    assert made.table["platforms"] == {
        "slack": {"channel_overrides": {"C1": "c"}},
        "discord": {"channel_overrides": {"811": "a", "812": "b"}},
        "telegram": {"channel_overrides": {"-100": "d"}},
    }
    assert made.said("dropped", "`irc`") == 6
    assert made.said("dropped", "811.system_prompt") == 3
    assert made.said("dropped", "telegram.channel_overrides.5`") == 5
    assert made.made.untested == ()


def test_later_channel_overrides_replace_earlier_ones():
    """As in hermes-agent, the platform's own section replaces what `platforms` says, whole."""
    made = hermes("""
        model: m
        platforms: {discord: {channel_overrides: {811: {model: a}}}}
        discord: {channel_overrides: {812: b}}
        """)
    assert made.table["platforms"] == {"discord": {"channel_overrides": {"812": "b"}}}
    assert made.said("dropped", "replaces those above") == 4
    assert made.said("changed", "`discord.channel_overrides.812`", "lone model") == 4
    assert made.made.untested == ()


def test_an_override_with_another_provider_inherits_no_key():
    """hermes-agent starts anew with a provider, so the rule has a runtime of its own."""
    made = hermes("""
        model: {default: m, provider: p, base_url: https://p.example, api_key: '${P}'}
        platforms:
          discord:
            channel_overrides:
              1: {provider: q}
              2: {provider: p, model: same}
        """)
    overrides = made.table["platforms"]["discord"]["channel_overrides"]
    assert overrides == {"1": {"runtime": "discord-1"}, "2": {"model": "same", "provider": "p"}}
    assert made.table["runtimes"] == {"discord-1": {"model": "m", "provider": "q"}}
    assert made.said("unknown", "changes the provider", "without the base's host and key") == 6


def test_a_provider_of_the_file_is_written_out():
    """What `providers` and `custom_providers` say of a provider stands where it is named."""
    made = hermes("""
        model: {default: m, provider: 'custom:mine'}
        providers: {proxy: {base_url: https://proxy.example, key_env: PROXY, transport: t}}
        custom_providers:
          - {name: mine, base_url: https://mine.example, api_key: canary}
        platforms: {slack: {channel_overrides: {C1: {model: c, provider: proxy}}}}
        """)
    assert made.table["model"]["base_url"] == "https://mine.example"
    assert made.table["model"]["api_key"] == "${CUSTOM_PROVIDERS_0_API_KEY}"
    assert made.table["runtimes"]["slack-C1"] == {
        "model": "c",
        "provider": "proxy",
        "base_url": "https://proxy.example",
        "api_mode": "t",
        "api_key": "${PROXY}",
    }


def test_fallbacks_are_runtimes_of_their_own():
    """Both forms of fallbacks become the base's, whole; one without a provider is dropped."""
    made = hermes("""
        model: m
        fallback_providers:
          - {provider: a, model: x}
          - {model: y}
        fallback_model: {provider: b, model: z, base_url: https://b.example}
        """)
    assert made.table["model"]["fallbacks"] == ["fallback-1", "fallback-2"]
    assert made.table["runtimes"] == {
        "fallback-1": {"model": "x", "provider": "a"},
        "fallback-2": {"model": "z", "provider": "b", "base_url": "https://b.example"},
    }
    assert made.said("dropped", "`fallback_providers[1]`") == 5


def test_aliases_are_runtimes():
    """What `/model` may name, an override may name."""
    made = hermes("""
        model: m
        model_aliases: {glm: {model: glm-4, base_url: https://glm.example}, bad: {provider: p}}
        """)
    assert made.table["runtimes"] == {"glm": {"model": "glm-4", "base_url": "https://glm.example"}}
    assert made.said("dropped", "`model_aliases.bad` names no model") == 3


def test_what_clients_of_the_api_server_name_is_a_rule():
    """Its model routes come first, as rules for `metadata.model`, and are said to need a feeder."""
    made = hermes("""
        model: {default: m, provider: p, routes: [{match: {platform: api_server}, model: all}]}
        platforms:
          api_server:
            extra:
              key: canary
              model_routes:
                mini: {model: a}
                big: {model: b, provider: q, api_key: canary}
        """)
    first, second, _ = made.table["model"]["routes"]
    assert first["match"] == {"platform": "api_server", "metadata.model": "mini"}
    assert (first["model"], second["runtime"]) == ("a", "api_server-big")
    assert made.said("changed", "model_routes.mini", "metadata.model") == 8
    assert made.made.untested == ()


def test_routes_to_profiles_wait_for_the_profiles_model():
    """They are rules that are not enabled, the most specific first, with what is missing told."""
    made = hermes("""
        model: m
        gateway:
          multiplex_profiles: true
          profile_routes:
            - {platform: discord, guild_id: 1, profile: acme}
            - {platform: discord, chat_id: 5, profile: support}
            - {platform: discord, bot: x, profile: other}
        """)
    routes = made.table["model"]["routes"]
    assert [route["match"] for route in routes] == [
        {"platform": "discord", "chat_id": "5"},
        {"platform": "discord", "parent_chat_id": "5"},
        {"platform": "discord", "scope_id": "1"},
    ]
    assert {route["enabled"] for route in routes} == {"false"}
    assert made.said("unknown", "profile_routes[0]", "config.yaml") == 6
    assert made.said("dropped", "profile_routes[2]", "bot") == 8


def test_routes_to_profiles_that_are_not_in_use_are_dropped():
    """Without `multiplex_profiles` hermes-agent does not read them either."""
    made = hermes("model: m\nprofile_routes: [{platform: irc, profile: p}]\n")
    assert "routes" not in made.table["model"]
    assert made.said("dropped", "multiplex_profiles") == 2


def test_the_cheap_model_is_kept_and_gets_a_key_of_its_own():
    """Where it changes the provider, the base's key does not go there; the order is told."""
    made = hermes("""
        model: {default: m, provider: p, base_url: https://p.example, api_key: '${P}'}
        smart_model_routing:
          enabled: true
          max_simple_chars: 80
          cheap_model: {provider: q, model: cheap}
        """)
    assert made.table["smart_model_routing"] == {
        "enabled": "true",
        "max_simple_chars": "80",
        "cheap_model": {
            "model": "cheap",
            "provider": "q",
            "api_key": "${SMART_MODEL_ROUTING_CHEAP_MODEL_API_KEY}",
        },
    }
    assert made.said("changed", "last rule of all") == 3
    assert made.said("unknown", "inherits the base's", "base_url") == 3
    tested = [test["expect"]["route"] for test in made.table["tests"]]
    assert sorted(tested) == ["base", "smart_model_routing"]


def test_the_cheap_model_that_is_not_enabled_is_dropped():
    """The default is not to route by simplicity, and a lone name is a model."""
    off = hermes("model: m\nsmart_model_routing: {cheap_model: {model: c}}\n")
    assert "smart_model_routing" not in off.table
    assert off.said("dropped", "not enabled") == 2
    on = hermes("model: m\nsmart_model_routing: {enabled: yes, cheap_model: c}\n")
    assert on.table["smart_model_routing"]["cheap_model"] == {"model": "c"}


def test_shared_groups_are_kept():
    """`group_sessions_per_user: false` is `group_conversations: shared`."""
    assert (
        hermes("model: m\ngroup_sessions_per_user: false\n").table["group_conversations"]
        == "shared"
    )
    assert "group_conversations" not in hermes("model: m\ngroup_sessions_per_user: true\n").table


def test_every_other_section_is_dropped_by_name():
    """What has nothing to do with models is told, each with its line, and never an error."""
    made = hermes("model: m\nterminal: {backend: local}\ntts: [1]\nempty: {}\n")
    dropped = [(line, text.split("`")[1]) for line, text in made.notes("dropped")]
    assert dropped == [(2, "terminal"), (3, "tts")]


def test_variables_in_other_values_are_listed_for_the_worker():
    """`${NAME}` in a host is kept as it is; what begins like one and is none is escaped."""
    made = hermes("model: {default: 'a${x y}', base_url: 'https://${HOST}/v1'}")
    assert made.table["model"] == {"default": "a$${x y}", "base_url": "https://${HOST}/v1"}
    assert [(each.name, each.is_key) for each in made.made.variables] == [("HOST", False)]


def test_a_cheap_model_without_a_host_of_its_own_is_told():
    """A cheap model with a provider and key of its own would be asked at the base's host: that is said."""
    found = hermes(
        """
        model: {default: a, provider: p, base_url: "https://h/v1", api_key: canary}
        smart_model_routing:
          enabled: true
          cheap_model: {provider: q, model: mini, api_key: canary}
        """
    )
    told = "\n".join(note.text for note in found.made.notes)
    assert "has no `base_url`, and here it inherits the base's" in told
    assert "canary" not in told


def test_a_match_on_what_is_masked_is_dropped():
    """A condition on metadata that holds a key in messages is not copied, and neither is its value."""
    found = hermes(
        """
        model:
          default: a
          routes: [{match: {platform: telegram, metadata.api_key: canary}, model: b}]
        """
    )
    assert "canary" not in str(found.table)
    assert "metadata" not in str(found.table)


def test_a_url_with_a_default_and_a_key_becomes_a_variable():
    """A URL that a variable's default holds is not cut in the middle of it."""
    found = hermes(
        """
        model: {default: a, base_url: "${BASE:-https://h/v1?api_key=canary}"}
        """
    )
    assert "canary" not in str(found.table)
    assert "$$" not in str(found.table)
