import pytest

from tests.routing.loading import errors, table, warnings

HEAD = "model:\n  default: m\n  provider: p\n  base_url: https://a.example/v1\n  api_key: ${K}\n"


def with_rule(fields):
    """A table with one rule."""
    return f"{HEAD}  routes:\n    - match: {{platform: x}}\n      {fields}\n"


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ("base_url: https://b.example/v1", "the host of `base_url`"),
        ("base_url: http://a.example.org/v1", "the host of `base_url`"),
        ("base_url: relative", "the host of `base_url`"),
        ("base_url: 'https://[broken'", "the host of `base_url`"),
        ("provider: q", "`provider`"),
    ],
)
def test_a_key_that_would_cross_hosts_is_a_warning(fields, what):
    """A rule that goes elsewhere and inherits the base's key is named, with its line."""
    (line,) = warnings(with_rule(fields)).splitlines()
    assert line.startswith("t.yaml:8:7: warning: ")
    assert f"`routes[0]` changes {what}" in line
    assert "env:K" in line


@pytest.mark.parametrize(
    "fields",
    [
        "model: x",
        "provider: p",
        "base_url: https://A.example:8443/v2",
        "{base_url: https://b, api_key: '${L}'}",
        "{base_url: https://b, api_key_env: K}",
        "{provider: q, api_key_file: /k}",
        "{provider: '', base_url: null}",
    ],
)
def test_a_key_that_stays_or_is_replaced_is_no_warning(fields):
    """The same host and provider, or a key of its own: nothing to warn of."""
    text = (
        HEAD
        + "  routes:\n    - "
        + (
            fields.replace("{", "{match: {platform: x}, ", 1)
            if fields.startswith("{")
            else f"{{match: {{platform: x}}, {fields}}}"
        )
    )
    assert warnings(text) == ""


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("split: [{weight: 1}, {weight: 1, provider: q}]",
         "`routes[0].split[1]` changes `provider` and inherits the base's key (env:K)"),
        ("fallbacks: [codex, {base_url: 'https://b.example'}]",
         "`routes[0].fallbacks[1]` changes the host of `base_url` and inherits the base's key"),
        ("{api_key: '${L}', fallbacks: [{provider: q}]}",
         "inherits the key of `routes[0]` (env:L)"),
        ("{runtime: codex, provider: q}", "inherits the key of `runtimes.codex` (env:C)"),
        ("fallbacks: [{runtime: codex, base_url: 'https://b.example'}]",
         "`routes[0].fallbacks[0]` changes the host of `base_url` and inherits the key of `runtimes.codex`"),
        ("{api_key: '${L}', split: [{weight: 1, fallbacks: [{provider: q}]}]}",
         "`routes[0].split[0].fallbacks[0]` changes `provider` and inherits the key of `routes[0]`"),
    ],
)  # fmt: skip
def test_a_key_may_cross_hosts_in_every_part_of_a_rule(fields, told):
    """Variants, fallbacks and named runtimes pass a key on as well, and say whose it was."""
    rule = fields if fields.startswith("{") else f"{{{fields}}}"
    rule = rule.replace("{", "{match: {platform: x}, ", 1)
    codex = "{model: c, provider: oc, base_url: 'https://c.example', api_key: '${C}'}"
    text = f"{HEAD}  routes:\n    - {rule}\nruntimes: {{codex: {codex}}}\n"
    (line,) = warnings(text).splitlines()
    assert told in line


@pytest.mark.parametrize(
    "fields",
    [
        "fallbacks: [codex]",
        "runtime: codex",
        "split: [{weight: 1, runtime: codex}, {weight: 1, model: x}]",
        "split: [{weight: 1, provider: q, api_key: '${L}'}]",
    ],
)
def test_a_runtime_that_is_taken_whole_has_its_own_key(fields):
    """What inherits nothing passes no key on."""
    codex = "{model: c, provider: oc, base_url: 'https://c.example', api_key: '${C}'}"
    assert warnings(with_rule(fields) + f"runtimes: {{codex: {codex}}}\n") == ""


def test_a_key_that_crosses_hosts_in_the_base_or_in_a_channel_is_told_once():
    """Fallbacks of the base count, and an entry that is three rules is one warning."""
    assert "`model.fallbacks[0]` changes `provider`" in warnings(
        HEAD + "  fallbacks: [{provider: q}]\n"
    )
    channel = "platforms: {x: {channel_overrides: {'7': {provider: q}}}}\n"
    (line,) = warnings(HEAD + channel).splitlines()
    assert "`platforms.x.channel_overrides.7` changes `provider`" in line


def test_without_a_base_key_none_can_cross():
    """Nothing is inherited where the base has no key."""
    text = (
        "model: {default: m, routes: [{match: {platform: x}, provider: q, base_url: 'https://b'}]}"
    )
    assert warnings(text) == ""


def test_a_host_where_the_base_has_none_is_another_host():
    """A base without a URL sends its key to its provider; a rule's URL is somewhere else."""
    text = "model: {default: m, api_key: '${K}', platforms: {x: {base_url: 'https://b'}}}"
    assert "`platforms.x` changes the host" in warnings(text)


def test_a_host_from_a_variable_is_compared_and_not_shown():
    """Hosts are compared with their variables filled in; the message does not quote them."""
    text = with_rule("base_url: https://${H}/v1")
    assert warnings(text, H="a.example") == ""
    told = warnings(text, H="canary.example")
    assert "routes[0]" in told
    assert "canary" not in told


def with_shorthands(platforms, by_source, rest="platforms: {telegram: {home_channel: 1}}"):
    """A table with both shorthands and an owner on telegram."""
    return f"model:\n  default: m\n  platforms: {platforms}\n  by_source: {by_source}\n{rest}\n"


@pytest.mark.parametrize(
    ("platforms", "by_source"),
    [
        ("{telegram: a}", "{owner: {model: b}}"),
        ("{telegram: a}", "{stranger: {model: b}}"),
        ("{discord: a}", "{stranger: {model: b}}"),
        ("{'telegram:x': a}", "{owner: {model: b}}"),
        ("{telegram: {model: ''}}", "{owner: {model: b}}"),
        ("{'hub:slate': a}", "{hub_peer: {model: b}}"),
        ("{'local:x': a}", "{owner: {model: b}}"),
        ("{webhook: a}", "{stranger: {model: b}}"),
        ("{telegram: a}", "{owner: {match: {chat_id: 1}, model: b}}"),
        ("{telegram: {match: {chat_id: 1}, model: a}}", "{owner: {model: b}}"),
        ("{x: {match: {platform: [x, telegram]}, model: a}}", "{owner: {model: b}}"),
    ],
)
def test_both_shorthands_is_a_warning_where_a_message_could_be_both(platforms, by_source):
    """Older set-ups merged the two; a `by_source` entry that a platform's hides is named."""
    (line,) = warnings(with_shorthands(platforms, by_source)).splitlines()
    assert line.startswith("t.yaml:4:15: warning: `by_source.")
    assert "`platforms." in line
    assert "nothing is merged" in line


@pytest.mark.parametrize(
    ("platforms", "by_source"),
    [
        ("{discord: a}", "{owner: {model: b}}"),
        ("{hub: a}", "{owner: {model: b}}"),
        ("{hub: a}", "{stranger: {model: b}}"),
        ("{webhook: a}", "{owner: {model: b}}"),
        ("{discord: a}", "{cron: {model: b}}"),
        ("{telegram: }", "{owner: {model: b}}"),
        ("{telegram: a}", "{owner: {}}"),
        ("{telegram: {match: {chat_id: 2}, model: a}}", "{owner: {match: {chat_id: 1}, model: b}}"),
        ("{x: {match: {platform: {not: [telegram, cli]}}, model: a}}", "{owner: {model: b}}"),
    ],
)
def test_shorthands_that_no_message_shares_are_no_warning(platforms, by_source):
    """Where no message is both, whatever `match` of their own they have, there is nothing to say."""
    assert warnings(with_shorthands(platforms, by_source)) == ""


def test_many_platforms_are_one_warning():
    """A `by_source` entry hidden by many platforms is one line that names the first few."""
    platforms = "{" + ", ".join(f"p{at}: m" for at in range(50)) + "}"
    (line,) = warnings(with_shorthands(platforms, "{stranger: {model: b}}")).splitlines()
    assert "`platforms.p0`, `platforms.p1`, `platforms.p2` and 47 more" in line


def test_a_hidden_rule_is_told_by_name_with_the_one_that_hides_it():
    """Both the rule and the earlier one are named, with lines and what to do."""
    text = "model:\n  default: m\n  routes:\n    - match: {platform: x}\n    - match: {platform: x, user_id: 1}\n"
    (line,) = warnings(text).splitlines()
    assert line.startswith(
        "t.yaml:5:7: warning: `routes[1]` can never match: `routes[0]` on line 4"
    )
    assert "narrower rule first" in line


def test_a_warning_stops_nothing():
    """A table with warnings of every kind is a table."""
    assert len(table(with_rule("provider: q") + "trust: open\n").rules) == 1


def test_the_older_form_of_a_cheap_model_is_told():
    """`smart_model_routing` that is enabled is told, with what to write in its place."""
    text = "model: m\nsmart_model_routing: {enabled: %s, cheap_model: {model: c}}\n"
    (line,) = warnings(text % "true").splitlines()
    assert line.startswith("t.yaml:2:1: warning: `smart_model_routing` is the older form of a rule")
    assert "text.simple" in line
    assert warnings(text % "false") == ""


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("{prefix: ''}", "`model.routes[0].match.chat_id.prefix` fits every text"),
        ("{suffix: [a, '']}", "fits every text; `exists: true` says that"),
        ("{glob: '*'}", "fits every text"),
        ("{glob: '?*'}", "fits every text"),
        ("{regex: '.*'}", "fits every text"),
        ("{regex: '^(.*)$'}", "fits every text"),
        ("{regex: '(?s).*'}", "fits every text"),
        ("{regex: .+}", "fits every text"),
        ("{not: {glob: '**'}}", "fits every text; `exists: false` says that"),
        ("{glob: dev}", "is a plain text"),
        ("{glob: 'a[b'}", "is a plain text"),
        ("{regex: dev-1}", "is a plain text: it fits that and nothing else; write the text itself"),
        ("{regex: 'a\\.example'}", "is a plain text"),
        ("{not: {regex: [dev, 'a+']}}", "is a plain text"),
    ],
)
def test_a_pattern_that_is_a_text_or_fits_any_is_told(condition, what):
    """A pattern without any pattern in it, or with nothing else, is said more plainly."""
    text = f"model: {{default: m, routes: [{{match: {{chat_id: {condition}}}}}]}}"
    (line,) = warnings(text).splitlines()
    assert what in line


@pytest.mark.parametrize(
    ("key", "condition"),
    [
        ("chat_id", "{prefix: a, suffix: b}"),
        ("chat_id", "{glob: 'a*'}"),
        ("chat_id", "{glob: 'a[bc]'}"),
        ("chat_id", "{glob: '??*'}"),
        ("chat_id", "{regex: 'a|b'}"),
        ("chat_id", "{regex: '\\d'}"),
        ("metadata.a", "{regex: .+}"),
        ("metadata.a", "{glob: '?*'}"),
    ],
)
def test_a_pattern_that_says_something_is_no_warning(key, condition):
    """A pattern that tells texts apart stays as it is; facts of metadata may be empty."""
    text = f"model: {{default: m, routes: [{{match: {{{key}: {condition}}}}}]}}"
    assert warnings(text) == ""


def test_the_alias_of_a_rule_has_its_name_too():
    """Two entries that are one text of the file are two rules, and one name cannot tell them."""
    told = errors(
        """
        model:
          default: m
          routes:
            - &r {match: {source_kind: owner}, name: same, model: b}
            - {match: {source_kind: stranger}, model: x}
            - *r
        """
    )
    assert "two rules are called `same`, the other on line 5" in told


def test_hundreds_of_platforms_are_all_compared_with_by_source():
    """However many platforms have owners, one rule is for one of them, and judged by that."""
    names = [f"p{at}" for at in range(300)]
    text = {
        "model": {
            "default": "m",
            "platforms": {name: f"m-{name}" for name in names},
            "by_source": {"owner": {"model": "b"}},
        },
        "owners": {name: ["1"] for name in names},
    }
    (line,) = warnings(text).splitlines()
    assert "`platforms.p2` and 297 more could apply to one message" in line
