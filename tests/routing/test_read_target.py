import pytest

from tests.routing.loading import errors, load, table, warnings

TABLE = """
model:
  default: base
  provider: p
  api_key: ${KEY}
  fallbacks: [spare]
  routes:
    - match: {chat_id: 1}
      FIELDS
runtimes:
  spare: {model: spare-m, provider: other, args: [-x]}
"""


def with_fields(fields):
    return TABLE.replace("FIELDS", fields)


def rule(fields):
    return table(with_fields(fields)).rules[0]


def test_a_named_runtime_is_taken_whole_and_laid_over():
    """`runtime` brings all of its fields and nothing of the base; the rule's own lie over it."""
    found = rule("runtime: spare\n      model: x\n      params: {a: 1}")
    runtime = found.runtime
    assert (runtime.model, runtime.provider, runtime.args) == ("x", "other", ("-x",))
    assert (runtime.credential, runtime.params) == (None, {"a": 1})
    assert (found.heir_of, found.stated) == ("runtimes.spare", {"model", "params"})


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.5", 0.5),
        ("-3", -3),
        ("1e2", 100.0),
        ("true", True),
        ("False", "False"),
        ("null", None),
        ("0123", "0123"),
        (".5", ".5"),
        ("'7'", "7"),
        ("${NUMBER}", 7),
        ("'${NUMBER}'", "7"),
        ("[1, a, {b: null}]", [1, "a", {"b": None}]),
        ("{}", {}),
        ("[]", []),
    ],
)
def test_params_are_json(written, value):
    """A plain scalar that JSON would read is that value, everything else text."""
    text = with_fields(f"params: {{x: {written}}}")
    found = table(text, NUMBER="7").rules[0].runtime.params
    assert found == {"x": value}
    assert isinstance(found["x"], type(value))
    assert isinstance(found["x"], bool) is isinstance(value, bool)


@pytest.mark.parametrize("written", ["", "{}", "null", "''", "[]"])
def test_empty_params_have_no_opinion(written):
    """Params without anything in them are inherited."""
    text = with_fields(f"params: {written}").replace("provider: p", "provider: p\n  params: {a: 1}")
    assert table(text).rules[0].runtime.params == {"a": 1}


def test_fallbacks_by_name_and_inline():
    """A name is a runtime as it is, a mapping is laid over the rule's runtime or the one it names."""
    found = rule("fallbacks: [spare, {model: f}, {runtime: spare, model: g}]\n      provider: q")
    spare, inline, over = found.target.fallbacks
    assert (spare.model, spare.provider, spare.credential) == ("spare-m", "other", None)
    assert (inline.model, inline.provider, inline.credential) == ("f", "q", "env:KEY")
    assert (over.model, over.provider, over.args) == ("g", "other", ("-x",))


def test_a_variant_is_laid_over_its_rule():
    """What a variant does not state is its rule's, and what that does not is the base's."""
    found = rule(
        "model: r\n      queue: q\n      priority: 1\n      expires_in: 9\n"
        "      split: [{weight: 2}, {weight: 1, name: n, model: v, priority: 0, expires_in: 5}]"
    )
    first, second = found.split
    assert (first.name, first.weight, first.target.runtime.model) == ("0", 2, "r")
    assert (first.target.queue, first.target.priority, first.target.expires_in) == ("q", 1, 9.0)
    assert (second.name, second.target.runtime.model, second.target.queue) == ("n", "v", "q")
    assert (second.target.priority, second.target.expires_in) == (0, 5.0)
    assert second.target.fallbacks[0].model == "spare-m"


def test_denials_come_first_and_keep_their_order():
    """Rules that deny are tried before all others, wherever they stand."""
    text = """
    model:
      default: m
      routes:
        - {match: {chat_id: 1}, model: a}
        - {match: {chat_id: 2}, deny: true}
        - {match: {chat_id: 3}, deny: true, enabled: false}
      by_source: {cron: {deny: true, note: never}}
    """
    found = table(text)
    assert [each.name for each in found.rules] == ["routes[1]", "by_source.cron", "routes[0]"]
    assert [each.denies for each in found.rules] == [True, True, False]
    assert found.denials == 2


def test_a_rule_may_have_a_name_and_a_note():
    """A name stands for the rule wherever it is shown; a note may have several lines."""
    found = rule("name: the vip\n      note: |\n        one\n        two")
    assert (found.name, found.note) == ("the vip", "one\ntwo\n")


@pytest.mark.parametrize("priority", [0, 255])
def test_a_priority_may_be_the_least_and_the_most(priority):
    """Both ends of what is allowed are allowed."""
    assert rule(f"priority: {priority}").target.priority == priority


def test_a_rule_that_denies_may_have_fields_without_an_opinion():
    """What is empty would not be used anywhere, so it is no mistake beside `deny`."""
    assert rule("deny: true\n      model: ''\n      fallbacks: []").denies


def test_a_disabled_rule_is_checked_and_not_used():
    """What is not enabled decides nothing and needs no queue, but its mistakes are told."""
    found = table(with_fields("enabled: false\n      model: unused"))
    assert found.rules == ()
    assert "unused" not in found.known_models
    assert "unknown key `modle`" in errors(with_fields("enabled: false\n      modle: x"))


def test_every_model_in_the_table_is_known():
    """Models of variants and fallbacks have queues like those of rules; so have queues of rules."""
    found = table(
        with_fields("queue: q\n      fallbacks: [{model: f}]\n      split: [{weight: 1, model: v}]")
    )
    assert found.known_models == {"base", "spare-m", "f", "v"}
    assert found.queues == {"q"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("runtime: spar", ("`spar` is none of the `runtimes`", "did you mean `spare`?")),
        ("fallbacks: spare", ("fallbacks", "must be a list")),
        ("fallbacks: [[spare]]", ("fallbacks[0]", "the name of a runtime or a mapping")),
        ("fallbacks: [{}]", ("fallbacks[0]", "the name of a runtime or a mapping")),
        ("fallbacks: [{queue: x}]", ("unknown key `queue`",)),
        ("priority: 256", ("priority", "0 to 255")),
        ("priority: -1", ("priority", "0 to 255")),
        ("priority: 1.0", ("priority", "0 to 255")),
        ("expires_in: soon", ("expires_in", "soon")),
        ("expires_in: 0", ("expires_in", "more than 0")),
        ("expires_in: 1500h", ("expires_in", "50 days")),
        ("queue: dead", ("`dead` is not a queue of turns",)),
        ("queue: dead.lock", ("`dead.lock` is not a queue of turns",)),
        ("queue: figures.worker-1", ("is not a queue of turns",)),
        ("queue: inbound.3", ("is not a queue of turns",)),
        ("queue: inbound@webhook", ("is not a queue of turns",)),
        ("queue: in.telegram", ("is not a queue of turns",)),
        ("queue: amq.gen", ("is not a queue of turns",)),
        ("params: x", ("params", "must be a mapping")),
        ("params: {x: 1e999}", ("params.x", "that large")),
        ("params: {x: {Token: a}}", ("`Token`", "travels in messages")),
        ("params: {api_key: '${KEY}'}", ("`api_key`", "travels in messages")),
        ("params: {headers: {X-Api-Key: a}}", ("`X-Api-Key`", "travels in messages")),
        ("params: {accessToken: a}", ("`accessToken`", "travels in messages")),
        ("name: ${KEY}", ("name", "without variables")),
        ("queue: in.${KEY}", ("what `in.${KEY}` holds does not fit",)),
        ("expires_in: ${KEY}", ("what `${KEY}` holds does not fit",)),
        ("split: {weight: 1}", ("split", "must be a list")),
        ("split: [x]", ("split[0]", "must be a mapping")),
        ("split: [{model: x}]", ("split[0]", "no `weight`")),
        ("split: [{weight: 0}]", ("split[0].weight", "from 1")),
        ("split: [{weight: 1.5}]", ("split[0].weight",)),
        ("split: [{weight: 1, match: {chat_id: 1}}]", ("unknown key `match`",)),
        ("split: [{weight: 1, name: a}, {weight: 1, name: a}]", ("split[1]", "name of another")),
        ("split: [{weight: 1, name: '1'}, {weight: 1}]", ("split[1]", "name of another")),
        ("deny: maybe", ("deny", "`true` or `false`")),
        ("deny: true\n      model: x", ("denies", "`model` would never be used")),
        ("deny: true\n      split: [{weight: 1}]", ("denies", "`split`")),
        ("enabled: 1", ("enabled", "`true` or `false`")),
        ("name: base", ("name", "cannot be called that")),
        ("name: runtimes.x", ("name", "cannot be called that")),
        ("note: [x]", ("note", "must be text")),
    ],
)
def test_what_cannot_be_is_an_error_with_its_place(fields, words):
    """Wrong types, unknown names and numbers out of bounds are told with line and column."""
    told = errors(with_fields(fields), KEY="canary")
    assert told.startswith("t.yaml:")
    assert "canary" not in told
    for word in words:
        assert word in told


def test_names_are_unique():
    """A name that another rule has, given or by its place, is an error that names the other's line."""
    text = """
    model:
      default: m
      routes:
        - {match: {chat_id: 1}, name: a}
        - {match: {chat_id: 2}, name: a}
        - {match: {chat_id: 3}, name: "routes[3]"}
        - {match: {chat_id: 4}}
    """
    told = errors(text)
    assert "two rules are called `a`, the other on line 5" in told
    assert "two rules are called `routes[3]`, the other on line 7" in told


CHANNELS = """
model: {default: m, platforms: {discord: wide}, routes: [{match: {chat_id: 9}, model: written}]}
platforms:
  discord: {channel_overrides: {1: one, 2: {model: two, queue: q}, 3: {}, 4: null}}
  hub:slate: {channel_overrides: {1: peer}}
"""


def test_channel_overrides_are_looked_up_by_chat_then_thread_then_parent():
    """An entry is three rules, after the written ones and before the wider shorthand."""
    found = [
        (rule.name, [str(condition) for condition in rule.match]) for rule in table(CHANNELS).rules
    ]
    one, two = (f"platforms.discord.channel_overrides.{number}" for number in (1, 2))
    peer = "platforms.hub:slate.channel_overrides.1"
    expected = [("routes[0]", ["chat_id: 9"])]
    for key in ("chat_id", "thread_id", "parent_chat_id"):
        expected += [(one, ["platform: discord", f"{key}: 1"])]
        expected += [(two, ["platform: discord", f"{key}: 2"])]
        expected += [(peer, ["platform: hub", "instance: slate", f"{key}: 1"])]
    expected += [("platforms.discord", ["platform: discord"])]
    assert found == expected


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("{1: [x]}", "must be a mapping"),
        ("{1: {modell: x}}", "did you mean `model`?"),
        ("{1: {match: {chat_id: 1}}}", "unknown key `match`"),
        ("x", "must be a mapping"),
    ],
)
def test_a_channel_override_that_means_nothing_is_an_error(written, word):
    """Wrong types and unknown fields of a channel override are told."""
    text = f"model: m\nplatforms: {{discord: {{channel_overrides: {written}}}}}\n"
    told = errors(text)
    assert word in told
    assert told.startswith("t.yaml:2:")


SIMPLE = "model: m\nsmart_model_routing: {SECTION}\n"


def test_the_cheap_model_is_the_last_rule():
    """Where it is enabled, the older form becomes a rule on simple messages, and limits count."""
    text = SIMPLE.replace("SECTION", "enabled: true, max_simple_chars: 5, cheap_model: {model: c}")
    found = table(text)
    assert [str(condition) for condition in found.rules[-1].match] == ["text.simple: true"]
    assert (found.rules[-1].name, found.rules[-1].runtime.model) == ("smart_model_routing", "c")
    assert (found.simplicity.max_chars, found.simplicity.max_words) == (5, 28)


@pytest.mark.parametrize("section", ["", "cheap_model: {model: c}", "enabled: false"])
def test_the_cheap_model_is_off_unless_it_is_on(section):
    """Without `enabled: true` there is no such rule."""
    assert table(SIMPLE.replace("SECTION", section)).rules == ()


@pytest.mark.parametrize(
    ("section", "word"),
    [
        ("enabled: true", "names no model"),
        ("enabled: true, cheap_model: {provider: p}", "names no model"),
        ("enabled: true, cheap_model: {modle: p}", "did you mean `model`?"),
        ("enabled: true, cheap_model: {model: c, queue: q}", "unknown key `queue`"),
        ("max_simple_words: many", "whole number"),
        ("enable: true", "did you mean `enabled`?"),
    ],
)
def test_a_cheap_model_that_means_nothing_is_an_error(section, word):
    """What is wrong with the older form is told with its line."""
    told = errors(SIMPLE.replace("SECTION", section))
    assert word in told
    assert told.startswith("t.yaml:2:")


def test_a_key_written_in_a_fallback_is_told():
    """A key written out is a warning wherever it stands, and travels as a reference."""
    text = with_fields("fallbacks: [{api_key: canary}]")
    assert "routes[0].fallbacks[0].api_key` is a key written out" in warnings(text)
    (fallback,) = table(text).rules[0].target.fallbacks
    assert fallback.credential == "config:model.routes[0].fallbacks[0].api_key"


@pytest.mark.parametrize(
    "fields",
    [
        "base_url: https://host.example/v1?api_key=canary",
        "base_url: https://host.example/v1?a=b&key=canary",
        "base_url: https://host.example/v1?access-token=canary",
        "args: [--api-key, canary]",
        "args: [--verbose, --access-token=canary]",
        "args: ['-token', '${KEY}']",
        "args: [-e, SERVICE_API_KEY=canary]",
        "args: [-e, 'SERVICE_API_KEY=${KEY}']",
        "args: [-H, 'Authorization: Bearer canary']",
        "args: ['--header=x-api-key:canary']",
        "command: run --api-key canary",
        "command: run --api-key='canary'",
        "command: API_KEY=canary run",
        "command: 'run -H \"Authorization: Bearer ${KEY}\"'",
    ],
)
def test_a_key_in_a_url_or_in_arguments_is_an_error(fields):
    """What a runtime holds travels in messages, so a key may stand in none of it."""
    told = errors(with_fields(fields), KEY="canary")
    assert "put the secret in `api_key`" in told
    assert "canary" not in told


@pytest.mark.parametrize(
    "fields",
    [
        "base_url: https://host.example/v1?api-version=1",
        "args: [--max-tokens, 5, tokens]",
        "args: [-e, SERVICE_API_KEY]",
        "args: [-c, 'API_KEY=$SERVICE_KEY run']",
        "args: [--prompt, 'A password: never say one.']",
        "command: run --max-tokens=5 --token-file keys.txt --password --verbose",
        'command: \'API_KEY="$SERVICE_KEY" run --token $TOKEN -H "Authorization: Bearer $KEY"\'',
    ],
)
def test_what_only_resembles_a_key_may_stand_there(fields):
    """A version in a URL, a number of tokens, and what a runner's machine puts in are no keys."""
    assert load(with_fields(fields)).table is not None
