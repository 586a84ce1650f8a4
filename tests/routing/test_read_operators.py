import pytest

from routing.predicate import AnyOf, NoneOf, PlatformAmong
from tests.routing.loading import errors, table, warnings

ONE = "model:\n  default: m\n  routes:\n    - match: {}\n      model: x\n"


def conditions(written, **environ):
    """What a rule with this match asks for."""
    return table(ONE.replace("{}", written), **environ).rules[0].match


def holds(written, fact, **environ):
    """Whether all that is asked of the one key holds for a fact."""
    return all(condition.holds(fact) for condition in conditions(written, **environ))


@pytest.mark.parametrize(
    ("written", "fits", "others"),
    [
        ("[a, '1', 1.0]", ["a", "1", "1.0"], ["b", "1.00", "", None]),
        ("{in: [a, b]}", ["a", "b"], ["c", "ab", None]),
        ("{in: a}", ["a"], ["b", None]),
        ("{not: a}", ["b", "", None], ["a"]),
        ("{not: [a, b]}", ["c", None], ["a", "b"]),
        ("{not: {prefix: a, suffix: z}}", ["az!", "a", "z", None], ["az", "abz"]),
        ("{prefix: ab}", ["ab", "abc"], ["a", "xab", "Ab", None]),
        ("{prefix: [ab, x]}", ["abc", "x"], ["b", None]),
        ("{suffix: [yz, '!']}", ["xyz", "a!"], ["yzx", None]),
        ("{glob: 'a*c?'}", ["acx", "abbcx"], ["ac", "xacx", None]),
        ("{glob: 'a*'}", ["a", "a\nb", "aé"], ["ba"]),
        ("{glob: '[a-c][!x]'}", ["ay", "cz"], ["dx", "ax", "a", None]),
        ("{glob: '[!]a]b'}", ["xb"], ["]b", "ab"]),
        ("{glob: '[ab'}", ["[ab"], ["a", "b"]),
        ("{glob: '[!ab'}", ["[!ab"], ["a", "!"]),
        ("{glob: '[!'}", ["[!"], ["x"]),
        ("{glob: '[]]'}", ["]"], ["[", "[]]"]),
        (r"{glob: '[\w~&-]'}", ["\\", "w", "~", "&", "-"], ["a", "x"]),
        ("{glob: '[!^]'}", ["a", "!"], ["^"]),
        ("{glob: 'a.b+(c)'}", ["a.b+(c)"], ["axb+(c)", "a.bb(c)"]),
        ("{glob: '[a^]'}", ["a", "^"], ["b", "["]),
        ("{regex: 'a[0-9]+'}", ["a1", "a12"], ["a", "xa1", "a1x", None]),
        ("{regex: ['a|b', 'cc']}", ["a", "b", "cc"], ["ab", "c", None]),
        ("{regex: '(?i)abc'}", ["ABC"], ["abcd"]),
        ("{exists: true}", ["", "a"], [None]),
        ("{exists: false}", [None], ["", "a"]),
        ("{prefix: a, suffix: c, not: abc}", ["ac", "axc"], ["abc", "ab", None]),
        ("{in: ['${A}', b]}", ["filled", "b"], ["${A}"]),
    ],
)
def test_what_an_operator_asks_for(written, fits, others):
    """Each operator holds for what it says, and for nothing else; a missing fact fails all but two."""
    asked = f"{{chat_id: {written}}}"
    assert [fact for fact in (*fits, *others) if holds(asked, fact, A="filled")] == fits


@pytest.mark.parametrize(
    ("written", "fits", "others"),
    [
        ("{gt: 3}", ["4", "3.1", "1e3"], ["3", "-4", "x", "", "3 ", "0x9", None]),
        ("{gte: 3}", ["3", "3.0", "30e-1"], ["2.99"]),
        ("{lt: -1.5}", ["-2", "-1.51"], ["-1.5", "0"]),
        ("{lte: 0.1}", ["0.1", "0.10", "-7"], ["0.1000000000000000000001"]),
        ("{gt: 1, lte: 2}", ["1.5", "2"], ["1", "2.1"]),
        ("{not: {gt: 1}}", ["1", "x", None], ["2"]),
        ("{gt: 1}", ["2e3000"], ["1e-3000", "9" * 100, "inf", "NaN", "true"]),
    ],
)
def test_numbers_are_compared_exactly(written, fits, others):
    """A bound is compared as a decimal number; what is no number is on neither side of it."""
    asked = f"{{metadata.n: {written}}}"
    assert [fact for fact in (*fits, *others) if holds(asked, fact)] == fits


@pytest.mark.parametrize(
    ("written", "fits", "others"),
    [
        ("['hub:slate', mesh]", ["hub:slate", "mesh", "mesh:a"], ["hub", "hub:x", "meshy"]),
        ("['hub:slate', mesh]", ["mesh:a:b"], ["hub:slate:b"]),
        ("{not: {in: ['hub:a:b', 'x:y'], suffix: b}}", ["hub:a"], ["hub:a:b"]),
        ("{not: ['hub:slate', mesh]}", ["hub", "hub:x", "cli"], ["hub:slate", "mesh:a"]),
        ("{not: {in: ['hub:slate'], prefix: h}}", ["hub", "cli", "mesh:slate"], ["hub:slate"]),
        ("{not: {in: ['hub:slate'], suffix: b}}", ["hub", "cli", "mesh:b"], ["hub:slate"]),
        ("{not: {in: ['hub:b', mesh], suffix: b}}", ["mesh:b"], ["hub:b"]),
    ],
)
def test_platforms_in_a_list_may_name_an_instance(written, fits, others):
    """A platform with an instance means that one, without it any."""
    asked = f"{{platform: {written}}}"
    assert [fact for fact in (*fits, *others) if holds(asked, fact)] == fits
    assert {condition.key for condition in conditions(asked)} == {"platform:instance"}


def test_platforms_without_instances_are_plain_texts():
    """A list of platforms alone is looked up like any list, and each gets its exchange."""
    read = table(ONE.replace("{}", "{platform: [local, telegram]}"))
    (condition,) = read.rules[0].match
    assert condition.predicate == AnyOf(frozenset({"cli", "telegram"}))
    assert "telegram" in read.platforms


def test_what_is_excluded_gets_no_exchange():
    """A platform that a rule only excludes is not declared for its sake."""
    read = table(ONE.replace("{}", "{platform: {not: [irc, 'hub:x']}}"))
    assert "irc" not in read.platforms
    assert isinstance(read.rules[0].match[0].predicate, PlatformAmong)
    only = table(ONE.replace("{}", "{platform: {not: irc}}")).rules[0].match[0]
    assert only.predicate == NoneOf(frozenset({"irc"}))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{chat_id: []}", ("match.chat_id", "empty list")),
        ("{chat_id: {}}", ("match.chat_id", "no operator")),
        ("{chat_id: {in: []}}", ("match.chat_id.in", "empty list")),
        ("{chat_id: {in: }}", ("match.chat_id.in", "no value")),
        ("{chat_id: [a, [b]]}", ("match.chat_id[1]", "must be text")),
        ("{chat_id: [a, {b: c}]}", ("match.chat_id[1]", "must be text")),
        ("{chat_id: [a, null]}", ("match.chat_id[1]", "must be text")),
        ("{chat_id: {prefx: a}}", ("unknown key `prefx`", "did you mean `prefix`?")),
        ("{chat_id: {prefix: {a: b}}}", ("match.chat_id.prefix", "must be a list")),
        ("{chat_id: {not: {}}}", ("match.chat_id.not", "no operator")),
        ("{chat_id: {not: {not: a}}}", ("unknown key `not`",)),
        ("{chat_id: {not: {exists: true}}}", ("unknown key `exists`",)),
        ("{chat_id: {exists: yes}}", ("match.chat_id.exists", "`true` or `false`")),
        ("{chat_id: {exists: }}", ("match.chat_id.exists", "no value")),
        ("{chat_id: {gt: 1}}", ("match.chat_id.gt", "no number", "text.length")),
        ("{text.length: {gt: x}}", ("match.text.length.gt", "must be a number")),
        ("{text.length: {gt: 1e99999}}", ("must be a number",)),
        ("{hops: {lt: }}", ("match.hops.lt", "no value")),
        ("{chat_id: {regex: '('}}", ("match.chat_id.regex", "`(` is no regex", "RE2")),
        ("{chat_id: {regex: '(?=a)'}}", ("is no regex",)),
        ("{chat_id: {glob: '[z-a]'}}", ("`[z-a]` is no glob",)),
        ("{platform: [Discord]}", ("Discord", "upper-case")),
        ("{platform: {not: 'a b'}}", ("`a b`", "no platform")),
        ("{chat_id: {in: ['${NONE}']}}", ("`${NONE}` is not set",)),
        ("{time: night}", ("match.time", "must be a mapping")),
        ("{time: {}}", ("match.time", "neither `days` nor `hours`")),
        ("{time: {timezone: UTC}}", ("neither `days` nor `hours`",)),
        ("{time: {day: mon}}", ("did you mean `days`?",)),
        ("{time: {days: someday}}", ("match.time.days", "'someday' is no day")),
        ("{time: {days: mon-}}", ("'' is no day",)),
        ("{time: {hours: '9-5'}}", ("match.time.hours", "09:00-17:30")),
        ("{time: {hours: '09:60-10:00'}}", ("no", "span of hours")),
        ("{time: {hours: '24:00-25:00'}}", ("end of the day",)),
        ("{time: {hours: '09:00-09:00'}}", ("is empty",)),
        ("{time: {hours: '09:00-10:00', timezone: Mars/Base}}", ("`Mars/Base` is no time zone",)),
        ("{time: {hours: '09:00-10:00', timezone: ../x}}", ("is no time zone",)),
    ],
)
def test_what_means_nothing_is_an_error_on_its_line(written, words):
    """Empty lists, unknown operators, bad patterns, bounds and times are told with their line."""
    told = errors(ONE.replace("{}", written))
    assert told.startswith("t.yaml:4:")
    for word in words:
        assert word in told


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("{user_id: {not: {exists: true}}}", "write `exists: false` in place of the `not`"),
        ("{user_id: {not: {exists: false}}}", "write `exists: true` in place of the `not`"),
        *(
            (f"{{user_id: {{{name}: x}}}}", "write the text itself: `user_id: x`")
            for name in ("equals", "eq", "is", "'='", "Equals")
        ),
        ("{user_id: {eq: 'a b'}}", 'write the text itself: `user_id: "a b"`'),
        ("{user_id: {eq: '${HOME}'}}", 'write the text itself: `user_id: "${HOME}"`'),
        ("{user_id: {not: {is: x}}}", "write the text itself: `not: x`"),
        ("{user_id: {is: [x, y]}}", "write the list itself: `user_id: […]`"),
        (
            "{user_id: {contains: x}}",
            "a part of a text is for `glob`, as in `glob: '*part*'`, or for `regex`",
        ),
        ("{time: {days: 'fri-mon,wed'}}", "a list: `[fri-mon, wed]`"),
        (
            "{time: {hours: '09:00-12:00, 13:00-17:00'}}",
            "a list: `[09:00-12:00, 13:00-17:00]`",
        ),
    ],
)
def test_other_ways_to_write_a_condition_have_a_hint(written, hint):
    """Operators of other languages, and lists in one text, are told with what to write here."""
    assert errors(ONE.replace("{}", written)).endswith(f"; {hint}")


@pytest.mark.parametrize("written", ["[owner, ownr]", "{in: [ownr]}", "{not: ownr}"])
def test_an_unknown_source_kind_in_a_list_is_a_warning(written):
    """A source kind that no message has is told wherever it stands."""
    assert "unknown source kind `ownr`" in warnings(
        ONE.replace("{}", f"{{source_kind: {written}}}")
    )


@pytest.mark.parametrize(
    "written",
    [
        "{chat_id: '${KEY}'}",
        "{chat_id: ['${KEY}', b]}",
        "{chat_id: {prefix: '${KEY}'}}",
        "{chat_id: {not: ['${KEY}']}}",
        "{chat_id: {not: {suffix: 'x${KEY}'}}}",
        "{text.length: {gt: '${NUMBER}'}}",
    ],
)
def test_what_a_variable_holds_is_not_shown(written):
    """A condition is told as the file has it, with the names of its variables."""
    told = " ".join(map(str, conditions(written, KEY="canary", NUMBER="42")))
    assert "${" in told
    assert "canary" not in told
    assert "42" not in told


@pytest.mark.parametrize(
    "written",
    [
        "{chat_id: {regex: '(${KEY}'}}",
        "{chat_id: {glob: '[z-a]${KEY}'}}",
        "{time: {days: '${KEY}'}}",
        "{time: {days: [mon, '${KEY}']}}",
        "{time: {hours: '${KEY}'}}",
        "{time: {days: mon, timezone: '${KEY}'}}",
        "{platform: '${KEY} x'}",
        "{text.length: {gt: '${KEY}'}}",
    ],
)
def test_no_error_quotes_what_a_variable_holds(written):
    """What is wrong with a value is told without the value, if a variable filled it in."""
    told = errors(ONE.replace("{}", written), KEY="canary")
    assert "canary" not in told
    assert "${KEY}" in told or "must be a number" in told
