import pytest

from routing.context import KEYS
from tests.routing.loading import errors, rules, table, warnings

ONE = "model:\n  default: m\n  routes:\n    - match: {}\n      model: x\n"


def match(written, **environ):
    """What a rule with this match asks for."""
    return rules(ONE.replace("{}", written), **environ)["routes[0]"]


@pytest.mark.parametrize(
    "key", [*sorted(set(KEYS) - {"time"}), "metadata.tier", "metadata.a.b", "metadata. "]
)
def test_every_fact_can_be_asked_for(key):
    """Each key of the routing context, and any key of the metadata, may stand in a match."""
    assert match(f"{{'{key}': owner}}") == {key: "owner"}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("0123", "0123"),
        ("1.0", "1.0"),
        ("no", "no"),
        ("42", "42"),
        ("-100", "-100"),
        ("'no'", "no"),
        ("'null'", "null"),
        ("'~'", "~"),
        ("!!str null", "null"),
    ],
)
def test_a_value_is_the_text_it_was_written_with(written, text):
    """Ids and other values are compared as they were written; quotes change nothing."""
    assert match(f"{{chat_id: {written}}}") == {"chat_id": text}


def test_a_value_may_be_a_variable():
    """`${…}` is filled in, as one text, and shown by its name."""
    text = ONE.replace("{}", "{chat_id: ${HOME_CHAT}, user_id: ${U:-7}}")
    home, user = table(text, HOME_CHAT="-1 00").rules[0].match
    assert home.holds("-1 00")
    assert user.holds("7")
    assert (home.written, user.written) == ("${HOME_CHAT}", "${U:-7}")


@pytest.mark.parametrize(
    ("written", "pairs"),
    [
        ("hub", {"platform": "hub"}),
        ("hub:slate", {"platform": "hub", "instance": "slate"}),
        ("hub/slate:x", {"platform": "hub", "instance": "slate:x"}),
        ("'hub:'", {"platform": "hub"}),
        ("' hub '", {"platform": "hub"}),
        ("local", {"platform": "cli"}),
        ("local:a", {"platform": "cli", "instance": "a"}),
        ("no", {"platform": "no"}),
        ("carrier-pigeon", {"platform": "carrier-pigeon"}),
    ],
)
def test_a_platform_reads_as_it_does_in_messages(written, pairs):
    """A platform is trimmed, split into platform and instance, and known by its other name."""
    assert match(f"{{platform: {written}}}") == pairs


def test_an_instance_may_be_asked_for_twice():
    """`platform: hub:slate` and `instance: slate` agree."""
    assert match("{platform: 'hub:slate', instance: slate}") == {
        "platform": "hub",
        "instance": "slate",
    }


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{sourcekind: owner}", ("sourcekind", "did you mean `source_kind`?")),
        ("{metadata: x}", ("metadata", "metadata.<key>")),
        ("{metadata.: x}", ("metadata.",)),
        ("{text: x}", ("text",)),
        ("{Platform: x}", ("did you mean `platform`?",)),
        ("{model: x}", ("unknown key `model`",)),
        ("{}", ("match", "empty")),
        ("", ("match",)),
        ("[platform]", ("match", "not a list")),
        ("discord", ("match", "not text")),
        ("{platform: }", ("match.platform", "no value")),
        ("{chat_id: null}", ("match.chat_id", "no value")),
        ("{chat_id: ~}", ("match.chat_id", "no value")),
        ("{platform: Discord}", ("Discord", "write `discord`")),
        ("{platform: 'hub:Slate'}", ("hub:Slate", "upper-case")),
        ("{platform: ｈｕｂ}", ("ｈｕｂ", "no platform")),
        ("{platform: 'a b'}", ("`a b`", "no platform")),
        ("{platform: ':x'}", ("`:x`", "no platform")),
        ("{platform: ''}", ("platform",)),
        ("{platform: open}", ("`open`",)),
        ("{platform: 'redrive:x'}", ("`redrive`",)),
        ("{platform: 'hub:a', instance: b}", ("two different values of `instance`",)),
        ("{platform: '${NONE}'}", ("`${NONE}` is not set",)),
        ("{platform: a, platform: b}", ("duplicate key `platform`",)),
    ],
)
def test_a_match_that_means_nothing_is_an_error_on_its_line(written, words):
    """Unknown keys, no value and impossible platforms are told with their line."""
    told = errors(ONE.replace("{}", written))
    assert told.startswith("t.yaml:4:")
    for word in words:
        assert word in told


def test_every_key_of_a_match_is_looked_at():
    """Two bad keys in one match are two errors."""
    assert len(errors(ONE.replace("{}", "{a: b, platform: X}")).splitlines()) == 2


@pytest.mark.parametrize("kind", ["ownr", "Owner", "human", "hub-peer", "0", "''"])
def test_an_unknown_source_kind_is_a_warning(kind):
    """A source kind that no message has is a warning that names it and the nearest known one."""
    told = warnings(ONE.replace("{}", f"{{source_kind: {kind}}}"))
    assert "t.yaml:4:" in told
    assert f"unknown source kind `{kind.strip(chr(39))}`" in told
    assert len(told.splitlines()) == 1
