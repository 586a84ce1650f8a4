from hashlib import sha256

import pytest

from contracts import Runtime, SourceKind
from routing.home_channel import HomeChannel
from routing.override_policy import OverridePolicy
from routing.trust import Trust
from tests.routing.loading import asked, errors, load, report, rules, table, warnings


def test_a_table_knows_the_bytes_it_came_from():
    """The digest is the first 12 hex of the sha256 of the file's bytes, comments included."""
    assert table("model: m # x").digest == sha256(b"model: m # x").hexdigest()[:12]


def test_a_bare_name_is_the_whole_block():
    """`model: NAME` is a base with that model and nothing else, every field stated."""
    base = table("model: m").base
    assert base == Runtime(model="m")
    assert base.model_fields_set == set(Runtime.model_fields)


@pytest.mark.parametrize(
    ("block", "model"),
    [
        ("{default: d}", "d"),
        ("{model: m}", "m"),
        ("{default: d, model: m}", "d"),
        ("{default: '', model: m}", "m"),
        ("{default: null, model: m}", "m"),
        ("{default: '${NONE:-}', model: m}", "m"),
        ("{default: [], model: 4.10}", "4.10"),
        ("0123", "0123"),
        ("'null'", "null"),
        ("no", "no"),
    ],
)
def test_the_base_model_is_default_or_model(block, model):
    """`default` names the base's model; where it is empty `model` does."""
    assert table(f"model: {block}").base.model == model


@pytest.mark.parametrize(
    "text",
    [
        "model: null",
        "model: ''",
        "model: {}",
        "model: []",
        "model: {default: '', model: null}",
        "model: {default: '${NONE:-}'}",
        "model: {provider: x, routes: [{match: {platform: x}, model: y}]}",
        "trust: exchange",
    ],
)
def test_a_table_without_a_model_is_an_error(text):
    """Without a base model there is nothing to answer with, whatever the rules have."""
    assert "model" in errors(text)


@pytest.mark.parametrize("text", ["", "# nothing", "---", "~", "''", "[]", "{}"])
def test_an_empty_file_is_an_error(text):
    """A file that says nothing is one error."""
    assert len(errors(text).splitlines()) == 1


@pytest.mark.parametrize("text", ["just text", "[model]", "- model: m"])
def test_a_file_that_is_no_mapping_is_an_error(text):
    """The whole file is a mapping."""
    assert "not a mapping" in errors(text)


def test_every_field_of_the_base_is_read():
    """Each runtime field that a base may have is read, args as texts."""
    text = """
        model:
          default: m
          provider: p
          base_url: https://${HOST}/v1
          api_mode: a
          command: c
          args: [--port, 8080, no, '${FLAG:-}']
          api_key: ${K}
    """
    assert table(text, HOST="h").base == Runtime(
        model="m",
        provider="p",
        base_url="https://h/v1",
        api_mode="a",
        command="c",
        args=("--port", "8080", "no", ""),
        credential="env:K",
    )


@pytest.mark.parametrize("empty", ["null", "~", "''", "[]", ""])
@pytest.mark.parametrize(
    "key", ["default", "provider", "base_url", "api_mode", "command", "args", "routes", "platforms"]
)
def test_empty_is_no_opinion(key, empty):
    """Null, `""` and `[]` are no opinion, whatever the key."""
    loaded = table(f"model:\n  model: m\n  {key}: {empty}\n")
    assert loaded.base == Runtime(model="m")


def test_every_top_level_section_is_read():
    """Runtimes, models, overrides, platforms, owners, trust and the rest end up in the table."""
    loaded = table(
        """
        model: m
        runtimes:
          codex: { model: gpt, provider: p, api_key: ${K} }
        models: [turbo, 4.10]
        overrides: { owner: none, stranger: any }
        hub_platforms: [hub, 'mesh:a']
        group_conversations: shared
        platforms:
          telegram: { home_channel: 0042, publishers: [hub-telegram] }
          signal: { home_channel: { chat_id: -1, thread_id: 7, name: me } }
          matrix:
        owners: { slack: [1.0] }
        spoofable_platforms: [api_server]
        trust: open
        """
    )
    assert loaded.runtimes == {"codex": Runtime(model="gpt", provider="p", credential="env:K")}
    assert loaded.runtimes["codex"].model_fields_set == set(Runtime.model_fields)
    assert loaded.models == {"turbo", "4.10"}
    assert loaded.overrides == {
        SourceKind.OWNER: OverridePolicy.NONE,
        SourceKind.CRON: OverridePolicy.ANY,
        SourceKind.HUB_PEER: OverridePolicy.LISTED,
        SourceKind.STRANGER: OverridePolicy.ANY,
    }
    assert loaded.hub_platforms == {"hub", "mesh"}
    assert loaded.shared_groups
    assert loaded.home_channels == {
        "telegram": HomeChannel("0042"),
        "signal": HomeChannel("-1", "7"),
    }
    assert loaded.publishers == {"telegram": {"hub-telegram"}}
    assert loaded.owners == {"slack": {"1.0"}}
    assert loaded.spoofable_platforms == {"api_server"}
    assert loaded.trust is Trust.OPEN
    assert loaded.platforms == {
        "cli", "cron", "hub", "matrix", "mesh", "signal", "slack", "telegram"
    }  # fmt: skip


@pytest.mark.parametrize("rest", ["", "hub_platforms: null\nspoofable_platforms: ''\ntrust:\n"])
def test_a_file_that_only_names_a_model_has_the_defaults(rest):
    """Without the other sections, or with empty ones, their defaults hold."""
    loaded = table(f"model: m\n{rest}")
    assert loaded.hub_platforms == {"hub"}
    assert loaded.spoofable_platforms == {"webhook", "api_server", "msgraph_webhook"}
    assert loaded.trust is Trust.EXCHANGE
    assert loaded.overrides[SourceKind.OWNER] is OverridePolicy.ANY
    assert loaded.overrides[SourceKind.STRANGER] is OverridePolicy.LISTED
    assert not loaded.shared_groups
    assert loaded.platforms == {"hub", "cron", "cli"}


@pytest.mark.parametrize("none", ["[]", "{}"])
def test_no_hub_platform_can_be_said(none):
    """An empty list says that there are none."""
    loaded = table(f"model: m\nhub_platforms: {none}\nspoofable_platforms: {none}")
    assert loaded.hub_platforms == set()
    assert loaded.spoofable_platforms == set()


def test_every_platform_named_gets_an_exchange():
    """Platforms of matches and shorthands, empty ones too, without instances and under one name."""
    loaded = table(
        """
        model:
          default: m
          routes: [{match: {platform: 'irc:libera'}}]
          platforms: { sms: , 'local/x': y }
          by_source: { owner: { match: { platform: signal } } }
        """
    )
    assert loaded.platforms == {"hub", "cron", "cli", "irc", "sms", "signal"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("modle: m", "1:1", ("modle", "did you mean `model`?")),
        ("model: m\nroutes: []", "2:1", ("routes", "under `model:`")),
        ("model: {default: m, trust: open}", "1:21", ("trust", "top of the file")),
        ("model: {defualt: m}", "1:9", ("defualt", "did you mean `default`?")),
        ("model: {default: m, zzz: m}", "1:21", ("zzz", "known are default, model")),
        ("model: {default: [m]}", "1:18", ("model.default", "not a list")),
        ("model: {default: {a: b}}", "1:18", ("model.default", "not a mapping")),
        ("model: [m]", "1:8", ("`model` must be a mapping",)),
        ("model: {default: m, args: x}", "1:27", ("model.args", "a list", "[…]")),
        ("model: {default: m, args: [[x]]}", "1:28", ("model.args[0]", "text")),
        ("model: {default: m, args: [a, null]}", "1:31", ("model.args[1]", "nothing")),
        ("model: {default: m, args: {}}", "1:27", ("model.args", "not a mapping")),
        ('model: {default: "m\\n"}', "1:18", ("model.default", "control character")),
        ("model: {default: m, provider: '${X}'}", "1:31", ("provider", "`${X}` is not set")),
        ("model: {default: '${X'}", "1:18", ("model.default", "${NAME}")),
        ("model: m\nruntimes: [a]", "2:11", ("runtimes", "a mapping")),
        ("model: m\nruntimes: {a: gpt}", "2:15", ("runtimes.a", "write `{model: …}`")),
        ("model: m\nruntimes: {a: {}}", "2:12", ("runtimes.a", "no `model`")),
        ("model: m\nruntimes: {a: }", "2:12", ("runtimes.a", "no `model`")),
        ("model: m\nruntimes: {a: {model: ''}}", "2:12", ("runtimes.a", "inherits nothing")),
        ("model: m\nruntimes: {a: {model: x, modl: y}}", "2:26", ("modl", "runtimes.a")),
        ("model: m\nruntimes: {'': {model: x}}", "2:12", ("runtimes", "is empty")),
        ('model: m\nruntimes: {"a\\nb": {model: x}}', "2:12", ("cannot be shown",)),
        ('model: m\nruntimes: {"a\\u202eb": {model: x}}', "2:12", ("cannot be shown",)),
        ("model: m\nmodels: turbo", "2:9", ("models", "a list")),
        ("model: m\nmodels: [a, '']", "2:13", ("models", "empty text")),
        ("model: m\nmodels: [a, ]\noverrides: any", "3:12", ("overrides", "a mapping")),
        ("model: m\noverrides: {ownr: any}", "2:13", ("ownr", "did you mean `owner`?")),
        ("model: m\noverrides: {owner: all}", "2:20", ("overrides.owner", "`any`, `listed`")),
        ("model: m\ntrust: opne", "2:8", ("opne", "did you mean `open`?")),
        ("model: m\ntrust: Open", "2:8", ("Open", "did you mean `open`?")),
        ("model: m\ntrust: [open]", "2:8", ("trust", "not a list")),
        ("model: m\ngroup_conversations: share", "2:22", ("did you mean `shared`?",)),
        ("model: m\nworker: {prefech: 1}", "2:10", ("prefech", "did you mean `prefetch`?")),
        ("model: m\nworker: {prefetch: [1]}", "2:20", ("worker.prefetch", "text")),
        ("model: m\nworker: 1", "2:9", ("worker", "a mapping")),
        ("model: m\n? [a]\n: b", "2:3", ("a key is a text",)),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, place, words):
    """A malformed table is an error that says where, what and what was probably meant."""
    (line,) = [line for line in errors(text).splitlines() if line.startswith(f"t.yaml:{place}:")]
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    "text",
    [
        "model: {default: {a: b}}",
        "model: m\nruntimes: {a: {model: [x]}}",
        "model: m\ntests: [{given: {platform: Hub}, expect: {model: m}}]",
    ],
)
def test_one_mistake_is_one_error(text):
    """What is there and wrong is not told a second time as missing."""
    assert len(errors(text).splitlines()) == 1


def test_every_problem_is_told_at_once_in_order():
    """One reading tells every error and warning, once, in the order of the file."""
    loaded = load(
        """
        trust: open
        model:
          default: m
          api_key: canary-1
          routes:
            - match: {platfrom: x}
            - match: {source_kind: ownr}
              modle: x
            - 3
          by_source: {owner: strong}
        runtimes: {a: {}}
        hub_platforms: [Hub]
        """
    )
    assert loaded.table is None
    lines = [problem.line for problem in loaded.problems]
    assert lines == sorted(lines) == [2, 5, 7, 8, 9, 10, 11, 12, 13]
    assert len(set(loaded.problems)) == len(loaded.problems)


def test_the_workers_settings_come_with_their_place():
    """`worker:` entries keep their text and place, variables filled in; empty ones are left out."""
    loaded = load("model: m\nworker:\n  amqp_url: ${URL}\n  prefetch: 010\n  prefix:\n", URL="x")
    assert {name: setting.text for name, setting in loaded.settings.items()} == {
        "amqp_url": "x",
        "prefetch": "010",
    }
    assert (loaded.settings["prefetch"].line, loaded.settings["prefetch"].column) == (4, 13)


def test_a_broker_url_is_not_shown():
    """The repr of what was loaded has no text of a setting, which may hold a password."""
    assert "canary" not in repr(load("model: m\nworker: {amqp_url: 'amqp://u:canary-1@h'}"))


def test_what_a_variable_holds_is_in_no_message():
    """Messages quote what the file says, not what its variables hold."""
    loaded = load(
        """
        model:
          default: m
          routes: [{match: {platform: '${P}', source_kind: '${P}'}}]
        hub_platforms: ['${P}']
        trust: ${P}
        overrides: {owner: '${P}'}
        platforms: {telegram: {home_channel: {chat_id: '${P}'}}}
        """,
        P="Canary-1",
    )
    assert len(loaded.problems) >= 5
    assert "anary" not in report(loaded)


def test_a_variable_is_text_and_never_yaml():
    """What a variable holds stays one text, whatever it looks like."""
    text = "model: {default: '${M}', args: ['${M}']}\nmodels: ['${M}']"
    loaded = table(text, M="{a: [null]} # no")
    assert loaded.base.model == "{a: [null]} # no"
    assert loaded.base.args == ("{a: [null]} # no",)
    assert table(text, M="null").base.model == "null"


def test_anchors_share_a_runtime_between_rules():
    """Rules may share fields by anchor and merge key, each with what it adds."""
    loaded = table(
        """
        model:
          default: m
          routes:
            - &strong { match: { platform: x }, model: s, base_url: https://s }
            - { <<: *strong, match: { platform: y }, model: t }
        """
    )
    assert loaded.rules[1].runtime == Runtime(model="t", base_url="https://s")
    assert asked(loaded.rules[1]) == {"platform": "y"}


def test_a_table_cannot_be_changed():
    """The mappings of a table refuse assignment."""
    loaded = table("model: m\nruntimes: {a: {model: x}}")
    for mapping in (loaded.runtimes, loaded.overrides, loaded.owners, loaded.home_channels):
        with pytest.raises(TypeError):
            mapping["x"] = None


def test_open_trust_is_a_warning():
    """`trust: open` is said aloud."""
    assert "2:1: warning: `trust: open`" in warnings("model: m\ntrust: open")


def test_ten_thousand_rules_are_one_table():
    """A table of ten thousand rules, each with a problem of its own or none, is read whole."""
    rules = "".join(f"    - {{match: {{chat_id: c{at}}}, model: m{at}}}\n" for at in range(10_000))
    assert len(table(f"model:\n  default: m\n  routes:\n{rules}").rules) == 10_000


def test_a_platform_from_a_variable_is_shown_by_the_variable():
    """Among several platforms, too, what a variable holds is not shown."""
    text = "model: {default: m, routes: [{match: {platform: [hub, '${P}']}, model: x}]}"
    assert rules(text, P="held") == {"routes[0]": {"platform": "hub or ${P}"}}


def test_a_key_behind_a_semicolon_is_one():
    """Some servers part a query by `;`: a key there travels in messages as one behind `&` does."""
    assert "holds a key in its query" in errors(
        "model: {default: m, base_url: 'https://h.example/v1?a=1;api_key=x'}"
    )
