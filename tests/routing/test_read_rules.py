import pytest

from contracts import Runtime
from tests.routing.loading import errors, rules, table, warnings

BASE = Runtime(model="m", provider="p", base_url="https://b", credential="env:B")
HEAD = "model:\n  default: m\n  provider: p\n  base_url: https://b\n  api_key: ${B}\n"


def with_rules(text):
    """A table whose model block has these lines besides its base."""
    return HEAD + "".join(f"  {line}\n" for line in text.splitlines())


def test_the_order_is_routes_then_platforms_then_by_source():
    """Rules keep the order written, section by section, and are named for where they stand."""
    text = with_rules(
        "by_source: {owner: {model: o}, cron: {model: c}}\n"
        "platforms: {telegram: t, 'hub:slate': {model: h}}\n"
        "routes: [{match: {chat_id: 1}, model: a}, {match: {chat_id: 2}}]\n"
    )
    assert rules(text) == {
        "routes[0]": {"chat_id": "1"},
        "routes[1]": {"chat_id": "2"},
        "platforms.telegram": {"platform": "telegram"},
        "platforms.hub:slate": {"platform": "hub", "instance": "slate"},
        "by_source.owner": {"source_kind": "owner"},
        "by_source.cron": {"source_kind": "cron"},
    }
    assert [rule.index for rule in table(text).rules] == [0, 1, 2, 3, 4, 5]
    assert [rule.line for rule in table(text).rules] == [8, 8, 7, 7, 6, 6]


def test_a_rule_is_laid_over_the_base_field_by_field():
    """What a rule states replaces the base's; everything else is inherited."""
    (rule,) = table(
        with_rules("routes: [{match: {chat_id: 1}, model: x, api_key: '${K}', args: [-v]}]")
    ).rules
    assert rule.runtime == BASE.model_copy(
        update={"model": "x", "credential": "env:K", "args": ("-v",)}
    )
    assert rule.stated == {"model", "credential", "args"}
    assert rule.runtime.model_fields_set == set(Runtime.model_fields)


@pytest.mark.parametrize("empty", ["null", "''", "[]", "~", ""])
@pytest.mark.parametrize(
    "key",
    ["model", "provider", "base_url", "api_mode", "command", "args", "api_key", "api_key_env"],
)
def test_empty_fields_of_a_rule_inherit(key, empty):
    """Null, `""` and `[]` never overwrite, and such a rule is a rule all the same."""
    (rule,) = table(with_rules(f"routes:\n  - match: {{chat_id: 1}}\n    {key}: {empty}")).rules
    assert rule.runtime == BASE
    assert rule.stated == set()


@pytest.mark.parametrize("section", ["platforms: {{telegram: {}}}", "by_source: {{cron: {}}}"])
@pytest.mark.parametrize("empty", ["{}", "{ }", "null", "~", "''", ""])
def test_an_empty_shorthand_entry_is_no_rule(section, empty):
    """`{}`, null and `""` in a shorthand are no rule."""
    assert rules(with_rules(section.format(empty))) == {}


@pytest.mark.parametrize("section", ["platforms: {{telegram: {}}}", "by_source: {{cron: {}}}"])
@pytest.mark.parametrize("hollow", ["{model: ''}", "{args: []}", "{api_key: null}", "{match: }"])
def test_a_shorthand_entry_with_empty_keys_is_a_rule_that_sets_nothing(section, hollow):
    """An entry that has keys is a rule, even if none of them says anything."""
    (rule,) = table(with_rules(section.format(hollow))).rules
    assert rule.runtime == BASE
    assert rule.stated == set()


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("platforms: {telegram: {match: {chat_id: 7}, model: x}}", "platforms.telegram"),
        ("by_source: {owner: {match: {chat_id: 7}, model: x}}", "by_source.owner"),
        ("by_source: {anything: {match: {chat_id: 7}, model: x}}", "by_source.anything"),
    ],
)
def test_a_match_in_a_shorthand_replaces_its_own(section, name):
    """A shorthand entry with a `match` asks for that and nothing else."""
    assert rules(with_rules(section)) == {name: {"chat_id": "7"}}
    assert warnings(with_rules(section)) == ""


@pytest.mark.parametrize("written", ["no", "4.10", "0123", "'null'"])
def test_a_bare_platform_entry_is_the_model_as_written(written):
    """Text in `platforms` is the model's name."""
    (rule,) = table(with_rules(f"platforms: {{telegram: {written}}}")).rules
    assert rule.runtime.model == written.strip("'")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("routes: {hub: x}", "6:11", ("model.routes", "a list", "- match:")),
        ("routes: hub", "6:11", ("model.routes", "a list")),
        ("routes: [hub]", "6:12", ("model.routes[0]", "a mapping")),
        ("routes: [null]", "6:12", ("model.routes[0]", "a mapping")),
        ("routes: [{}]", "6:12", ("model.routes[0]", "no `match`")),
        ("routes: [{model: x}]", "6:12", ("model.routes[0]", "no `match`")),
        ("routes: [{match: null, model: x}]", "6:12", ("model.routes[0]", "no `match`")),
        ("routes: [{match: {}, model: x}]", "6:20", ("routes[0].match", "empty")),
        ("routes: [{match: {chat_id: 1}, modle: x}]", "6:34", ("modle", "`model`")),
        ("routes: [{match: {chat_id: 1}, model: [x]}]", "6:41", ("routes[0].model", "a list")),
        ("routes: [{match: {chat_id: 1}, source_kind: x}]", "6:34", ("in a `match:`",)),
        ("platforms: [hub]", "6:14", ("model.platforms", "a mapping")),
        ("platforms: hub", "6:14", ("model.platforms", "a mapping")),
        ("platforms: {hub: [x]}", "6:20", ("model.platforms.hub", "a mapping")),
        ("platforms: {Hub: x}", "6:15", ("Hub", "upper-case")),
        ("platforms: {Hub: {}}", "6:15", ("Hub", "upper-case")),
        ("platforms: {hub: {match: {}}}", "6:28", ("platforms.hub.match", "empty")),
        ("platforms: {hub: {home_channel: 1}}", "6:21", ("the file's `platforms:`",)),
        ("by_source: {owner: strong}", "6:22", ("by_source.owner", "write `{model: …}`")),
        ("by_source: {owner: 42}", "6:22", ("by_source.owner",)),
        ("by_source: {owner: [x]}", "6:22", ("by_source.owner", "a mapping")),
        ("by_source: [owner]", "6:14", ("model.by_source", "a mapping")),
        ("by_source: {owner: {modl: x}}", "6:23", ("modl", "by_source.owner")),
    ],
)
def test_a_malformed_rule_is_told_with_its_place(text, place, words):
    """Rules of the wrong shape are errors that say where and what."""
    (line,) = errors(with_rules(text)).splitlines()
    assert line.startswith(f"t.yaml:{place}: ")
    for word in words:
        assert word in line


def test_an_unknown_source_kind_in_a_shorthand_is_a_warning():
    """`by_source` with a kind that no message has is a warning at the kind."""
    told = warnings(with_rules("by_source: {ownr: {model: x}}"))
    assert told.startswith("t.yaml:6:15: warning: ")
    assert "ownr" in told
    assert "did you mean `owner`?" in told
