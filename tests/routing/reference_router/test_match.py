import pytest

from tests.routing.reference_router.reference_glob import glob_matches
from tests.routing.reference_router.reference_match import matches
from tests.routing.reference_router.worked_message import facts, metadata, source


def hold(match, given, **document):
    return matches(match, document, given)


def test_a_text_is_compared_exactly():
    """A plain condition holds for that text only, case and all."""
    assert hold({"chat_id": "01"}, source(chat_id="01"))
    for other in ("1", "01 ", "A"):
        assert not hold({"chat_id": "01"}, source(chat_id=other))
    assert not hold({"chat_id": "a"}, source(chat_id="A"))


def test_every_key_must_hold():
    """Two keys hold only together."""
    match = {"platform": "telegram", "chat_id": "1"}
    assert hold(match, source(chat_id="1"))
    assert not hold(match, source(chat_id="2"))


@pytest.mark.parametrize("condition", [["1", "2"], {"in": ["1", "2"]}])
def test_a_list_is_any_of_its_texts(condition):
    """A list holds for each of its texts, with and without `in`."""
    assert [hold({"chat_id": condition}, source(chat_id=chat)) for chat in "123"] == [
        True,
        True,
        False,
    ]


def test_a_platform_may_name_its_instance():
    """`hub` is any hub, `hub:slate` that one, in a text, a list and a `not`."""
    slate, onyx = facts(platform="hub:slate"), facts(platform="hub/onyx")
    for condition in ("hub:slate", ["cli", "hub:slate"], {"not": {"in": "hub:onyx"}}):
        assert hold({"platform": condition}, slate)
        assert not hold({"platform": condition}, onyx)
    assert hold({"platform": "hub"}, slate)
    assert hold({"platform": "hub", "instance": "onyx"}, onyx)
    assert not hold({"platform": "hub:slate"}, facts(platform="hub"))


def test_a_pattern_sees_the_platform_without_its_instance():
    """`suffix: b` holds for the platform hub, whatever its instance."""
    given = facts(platform="hub:slate")
    assert hold({"platform": {"suffix": "b", "glob": "h?b", "regex": "h.b"}}, given)
    assert not hold({"platform": {"glob": "hub:*"}}, given)


def test_the_terminal_has_two_names():
    """`local` reads as `cli`, in the message and in the table."""
    assert hold({"platform": "cli"}, facts(platform="local"))
    assert hold({"platform": "local"}, facts(platform="cli"))


@pytest.mark.parametrize(
    "condition",
    [
        "1",
        ["1"],
        {"in": "1"},
        {"prefix": "1"},
        {"suffix": "1"},
        {"glob": "*"},
        {"regex": ".*"},
        {"exists": True},
        {"not": "1", "glob": "*"},
    ],
)
@pytest.mark.parametrize("missing", [{}, {"chat_id": ""}, {"chat_id": None}])
def test_a_missing_fact_fails_what_asks_for_one(condition, missing):
    """A missing fact, an empty id among them, fails every condition that is not about absence."""
    assert not hold({"chat_id": condition}, source(**missing))


@pytest.mark.parametrize(
    "condition",
    [{"exists": False}, {"not": "1"}, {"not": ["1", "2"]}, {"not": {"regex": ".*"}}],
)
def test_a_missing_fact_is_none_of_these(condition):
    """`exists: false` and every `not` hold for a missing fact."""
    assert hold({"chat_id": condition}, source())


def test_not_is_the_opposite_of_all_its_operators():
    """A `not` of two operators fails only where both hold."""
    condition = {"not": {"prefix": "a", "suffix": "z"}}
    found = {
        chat: hold({"chat_id": condition}, source(chat_id=chat)) for chat in ("az", "a", "z", "b")
    }
    assert found == {"az": False, "a": True, "z": True, "b": True}


def test_all_operators_of_a_mapping_hold_together():
    """`prefix` and `not` in one mapping must both hold."""
    condition = {"prefix": ["a", "b"], "not": ["ab"]}
    found = {
        chat: hold({"chat_id": condition}, source(chat_id=chat)) for chat in ("a", "b", "ab", "c")
    }
    assert found == {"a": True, "b": True, "ab": False, "c": False}


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("*", ["", "a\nb"], []),
        ("a*c", ["ac", "abc", "acc"], ["a", "acb", "Ac"]),
        ("?", ["a", "ü", "☕", "\n"], ["", "ab"]),
        ("[abc]1", ["a1", "c1"], ["d1", "1", "ab1"]),
        ("[a-c]", ["b"], ["d", "-", "B"]),
        ("[!a-c]", ["d", "-"], ["a", ""]),
        ("[a-cx]", ["b", "x"], ["w"]),
        ("[ab", ["[ab"], ["a", "b"]),
        ("[", ["["], ["", "a"]),
        ("*[0-9]*", ["a1b", "1"], ["ab"]),
        ("a.c", ["a.c"], ["abc"]),
        ("", [""], ["a"]),
    ],
)
def test_a_glob_is_over_the_whole_text(glob, yes, no):
    """A glob describes whole texts, by `*`, `?` and sets."""
    assert all(glob_matches(glob, text) for text in yes)
    assert not any(glob_matches(glob, text) for text in no)


def test_a_regex_is_over_the_whole_text():
    """A regex must describe the whole value, whichever of its branches comes first."""
    assert hold({"chat_id": {"regex": "a|ab"}}, source(chat_id="ab"))
    assert hold({"chat_id": {"regex": [r"\d+", "a"]}}, source(chat_id="12"))
    for other in ("abc", "xa", "a\n", "A"):
        assert not hold({"chat_id": {"regex": "a|ab"}}, source(chat_id=other))
    assert not hold({"chat_id": {"regex": r"\d"}}, source(chat_id="٣"))


@pytest.mark.parametrize(
    ("value", "operator", "limit", "holds"),
    [
        (10, "gt", 9, True),
        ("10", "gt", 10, False),
        ("10", "gte", 10, True),
        ("1.0", "lte", 1, True),
        (0.1, "lt", 0.1, False),
        ("-3", "lt", 0, True),
        ("1e+1", "gte", 10, True),
        ("25e-1", "lt", 3, True),
        ("0.1000000000000000000000000000000000001", "gt", "0.1", True),
        ("abc", "gt", 0, False),
        ("abc", "lt", 0, False),
        ("", "lt", 1, False),
        (" 1", "gt", 0, False),
        ("1\n", "gt", 0, False),
        ("1_0", "gt", 0, False),
        ("٣", "gt", 0, False),
        ("nan", "lt", 1, False),
        (True, "gt", 0, False),
    ],
)
def test_numbers_are_compared_exactly(value, operator, limit, holds):
    """A fact that is written as a number compares as one, exactly, and any other fact fails."""
    assert hold({"metadata.x": {operator: limit}}, metadata(value)) is holds
    assert hold({"metadata.x": {"not": {operator: limit}}}, metadata(value)) is not holds


def test_json_compares_by_its_text():
    """What is not text in `metadata` is its JSON, without spaces; null is missing."""
    for value, text in [(True, "true"), (1.0, "1.0"), ({"a": ["é", 1]}, '{"a":["é",1]}'), ("", "")]:
        assert hold({"metadata.x": {"in": text}}, metadata(value))
    assert hold({"metadata.x": {"exists": True}}, metadata(""))
    assert hold({"metadata.x": {"exists": False}}, metadata(None))


def test_the_text_is_counted():
    """Lengths are of the text as it is, words are what spaces part, none without a text."""
    given = facts({"text": " größe  ☕ "})
    assert hold({"text.length": "10", "text.words": "2"}, given)
    assert hold({"text.length": {"lt": 1}, "text.words": "0"}, facts({"text": None}))


def test_facts_about_where_a_message_came_from():
    """Whether it is verified, by whom, in which scope: each is a fact, under its own name."""
    given = {**source(guild_id="g"), "verified": True, "publisher": "hub-1"}
    assert hold({"verified": "true", "publisher": "hub-1", "scope_id": "g"}, given)
    assert hold({"verified": "false", "publisher": {"exists": False}}, facts())


def test_defaults_are_facts():
    """A bare message is a turn of type text, zero hops deep, without media."""
    match = {"purpose": "turn", "message_type": "text", "hops": "0", "has_media": "false"}
    assert hold(match, facts())
    for media in ({"media_urls": ["u"]}, {"parts": [{"url": "u"}]}, {"parts": [{"raw": "AA=="}]}):
        assert hold({"has_media": "true"}, facts(media))
    assert hold({"has_media": "false"}, facts({"parts": [{"text": "t"}]}))


def test_user_ids_that_anybody_can_write_are_missing():
    """On a spoofable platform there is no user id; which ones those are is a setting."""
    given = {**source(user_id="1"), "platform": "webhook"}
    assert not hold({"user_id": "1"}, given)
    assert hold({"user_id": "1"}, given, spoofable_platforms=["discord"])


@pytest.mark.parametrize(
    "text", ["hi", " hi ", "x" * 160, "w " * 28, "a\nb", "protest", "“debug” it", "my wwww"]
)
def test_a_simple_text(text):
    """Short texts without code, links or words of work are simple."""
    assert hold({"text.simple": "true"}, facts({"text": text}))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        "x" * 161,
        "w " * 29,
        "a\nb\nc",
        "`ls`",
        "HTTPS://x",
        "http://x",
        "at WWW.x",
        "Debug",
        "(tests!)",
        "--plan--",
        "doc\N{KELVIN SIGN}er",
    ],
)
def test_a_text_that_is_not_simple(text):
    """Long texts, code, links, words of work and nothing at all are not simple."""
    assert hold({"text.simple": "false"}, facts({"text": text}))


def test_the_limits_of_a_simple_text_are_settings():
    """`smart_model_routing` says how long a simple text may be."""
    limits = {"smart_model_routing": {"max_simple_chars": 5, "max_simple_words": 2}}
    found = [
        hold({"text.simple": "true"}, facts({"text": t}), **limits)
        for t in ("hello", "hello!", "a b", "a b c")
    ]
    assert found == [True, False, True, False]
