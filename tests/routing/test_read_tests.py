from datetime import datetime

import pytest

from contracts import PlatformName, SourceKind
from routing.context import KEYS, METADATA
from routing.read_given import KEYS as GIVEN
from tests.routing.loading import errors, load, report


def given(**facts):
    """A table with one test, of a message with these facts."""
    return {"model": "m", "tests": [{"given": facts, "expect": {"model": "m"}}]}


def read(text):
    """The tests of a file without errors."""
    loaded = load(text)
    assert loaded.table is not None, report(loaded)
    return loaded.tests


def message(**facts):
    """What such facts make of a message."""
    return read(given(platform="telegram", **facts))[0].given.message


def test_a_test_is_a_message_and_what_becomes_of_it():
    """An entry has a name, a message, a moment, and expectations with their place."""
    (test,) = read(
        """\
        model: m
        tests:
          - name: the owner
            given: { platform: hub:slate, chat_id: 0123 }
            at: 2026-03-01T23:30:00+01:00
            expect: { model: 1.0, provider: null, variant: "" }
        """
    )
    assert test.name == "the owner"
    assert test.given.platform == PlatformName("hub", "slate")
    assert test.given.message.source.platform == "hub:slate"
    assert test.given.message.source.chat_id == "0123"
    assert test.at == datetime.fromisoformat("2026-03-01T22:30:00+00:00")
    assert [(each.what, each.wanted) for each in test.expected] == [
        ("model", "1.0"),
        ("provider", None),
        ("variant", None),
    ]
    assert (test.expected[1].line, test.expected[1].column) == (6, 27)


def test_what_is_not_stated_is_left_to_life():
    """Without a name a test has its place, without a text its message says hello."""
    (test,) = read(given(platform="telegram"))
    assert test.name == "tests[0]"
    assert test.at is None
    assert test.given.message.text == "hello"
    assert (test.given.source_kind, test.given.publisher, test.given.verified) == (None,) * 3


def test_every_fact_that_rules_ask_for_can_be_stated():
    """Each fact is a key of `given`, but for those that follow from others."""
    derived = {"instance", "time", "has_media", "text.length", "text.words", "text.simple"}
    assert set(KEYS) - derived <= set(GIVEN)


def test_facts_are_text_as_everywhere():
    """Plain scalars are the text they were written with, in the fields of the source too."""
    loaded = load(
        "model: m\ntests:\n"
        "- given: {platform: x, chat_id: 042, chat_type: dm, user_id: no, thread_id: 1.0,"
        " parent_chat_id: 7, scope_id: 8, profile: p, agent_id: 0x1, purpose: btw,"
        " message_type: photo, conversation_id: 5, message_id: 6, hops: 3}\n"
        "  expect: {model: m}\n"
    )
    read = loaded.tests[0].given.message
    assert read.source.model_dump(exclude_none=True) == {
        "platform": "x",
        "chat_id": "042",
        "chat_type": "dm",
        "user_id": "no",
        "thread_id": "1.0",
        "parent_chat_id": "7",
        "scope_id": "8",
        "profile": "p",
    }
    assert (read.agent_id, read.purpose, read.message_type) == ("0x1", "btw", "photo")
    assert (read.conversation_id, read.message_id, read.hops) == ("5", "6", 3)


def test_metadata_is_json():
    """Plain numbers and words are what JSON makes of them, as they are written; quoted is text."""
    loaded = load(
        "model: m\ntests:\n"
        "- given: {platform: x, metadata: {n: 1.10, deep: {list: [1, null]}}, metadata.b: true,"
        ' metadata.a.b: "1"}\n'
        "  expect: {model: m}\n"
    )
    metadata = loaded.tests[0].given.message.metadata
    assert metadata == {"n": 1.1, "deep": {"list": [1, None]}, "b": True, "a.b": "1"}
    assert str(metadata["n"]) == "1.10"


def test_media_and_override():
    """A message may have media, then also an empty text, and a wish."""
    found = message(text="", media_urls=["https://x/a.png"], override={"model": "t", "runtime": ""})
    assert (found.text, found.media_urls) == (None, ("https://x/a.png",))
    assert (found.override.model, found.override.runtime) == ("t", None)


def test_what_is_stated_besides_the_message():
    """Source kind, publisher and verified are kept beside the message, not in it."""
    (test,) = read(given(platform="x", source_kind="cron", publisher="p", verified="false"))
    assert test.given.source_kind is SourceKind.CRON
    assert (test.given.publisher, test.given.verified) == ("p", False)


@pytest.mark.parametrize("empty", ["", "null", "~", "[]"])
def test_no_tests_are_no_tests(empty):
    """A `tests:` without entries says nothing."""
    assert read(f"model: m\ntests: {empty}\n") == ()


def test_a_platform_in_a_test_gets_no_exchange():
    """A test names a platform without making it one of the table's."""
    assert "evil" not in load(given(platform="evil")).table.platforms


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"platfrom": "x"}, "unknown key `platfrom` in `tests[0].given`; did you mean `platform`?"),
        ({"platform": "x", "instance": "i"}, "behind the platform: `platform: hub:slate`"),
        ({"platform": "x", "has_media": "true"}, "it follows from `media_urls`"),
        ({"platform": "x", "text.simple": "true"}, "it follows from `text`"),
        ({"platform": "x", "time": {}}, "write `at:` beside `given:`"),
        ({"platform": "x", "model": "m"}, "it belongs in `expect:`"),
        (
            {"platform": "x", "metadata": {"a": [{"API-Key": "canary"}]}},
            "`tests[0].given.metadata.a[0]` holds `API-Key`, which is masked in every message",
        ),
        ({"platform": "x", "metadata.token": "canary"}, "holds `token`, which is masked"),
        ({"platform": "x", METADATA: "1"}, "unknown key `metadata.`"),
        ({"chat_id": "1"}, "`tests[0].given` has no `platform`"),
        ({"platform": "Telegram"}, "upper-case letters; write `telegram`"),
        ({"platform": "x", "source_kind": "ownr"}, "did you mean `owner`?"),
        ({"platform": "x", "verified": "yes"}, "`tests[0].given.verified` is `true` or `false`"),
        ({"platform": "x", "hops": "-1"}, "`tests[0].given.hops` must be a whole number"),
        ({"platform": "x", "chat_id": ["1"]}, "`tests[0].given.chat_id` must be text, not a list"),
        ({"platform": "x", "chat_id": "i" * 257}, "`tests[0].given.chat_id`: String should have"),
        ({"platform": "x", "text": ""}, "`tests[0].given`: a message has a non-empty text"),
        ({"platform": "x", "text": ["a"]}, "`tests[0].given.text` must be text"),
        ({"platform": "x", "metadata": "gold"}, "`tests[0].given.metadata` must be a mapping"),
        (
            {"platform": "x", "metadata": {"a": "1"}, "metadata.a": "2"},
            "`tests[0].given` states `metadata.a` twice",
        ),
        ({"platform": "x", "override": {"provider": "p"}}, "unknown key `provider`"),
        ({"platform": "x", "media_urls": "u"}, "`tests[0].given.media_urls` must be a list"),
        ({"platform": "${NOBODY}"}, "`${NOBODY}` is not set"),
    ],
)
def test_facts_that_are_none_are_errors(facts, said):
    """What is wrong with the message of a test is told with its place and a hint."""
    told = errors(given(**facts))
    assert said in told
    assert "canary" not in told


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("x", "`tests[0]` must be a mapping"),
        ({"given": {"platform": "x"}}, "`tests[0]` has no `expect`"),
        ({"expect": {"model": "m"}}, "`tests[0]` has no `given`"),
        ({"given": "x", "expect": {"model": "m"}}, "`tests[0].given` must be a mapping"),
        ({"given": {"platform": "x"}, "expect": {}}, "`tests[0].expect` expects nothing"),
        ({"given": {"platform": "x"}, "expect": None}, "`tests[0].expect` expects nothing"),
        ({"given": {"platform": "x"}, "expect": "m"}, "`tests[0].expect` must be a mapping"),
        ({"given": {"platform": "x"}, "expect": {"modle": "m"}}, "did you mean `model`?"),
        ({"given": {"platform": "x"}, "expect": {"platform": "x"}}, "it belongs in `given:`"),
        ({"given": {"platform": "x"}, "expect": {"dead": "deny"}}, "did you mean `denied`?"),
        ({"given": {"platform": "x"}, "expect": {"reason": "match"}}, "did you mean `matched`?"),
        ({"given": {"platform": "x"}, "expect": {"source_kind": "peer"}}, "did you mean"),
        ({"given": {"platform": "x"}, "expects": {}}, "did you mean `expect`?"),
        ({"platform": "x", "expect": {"model": "m"}}, "it belongs in `given:`"),
        ({"model": "x", "given": {"platform": "x"}}, "it belongs in `expect:`"),
        ({"name": ["x"]}, "`tests[0].name` must be text"),
        ({"at": "noon"}, "`tests[0].at` is not an RFC 3339 time; such as"),
        ({"at": "2026-13-01T00:00:00Z"}, "`tests[0].at` is not an RFC 3339 time"),
        ({"at": "0001-01-01T00:00:00+23:00"}, "`tests[0].at` is not an RFC 3339 time"),
    ],
)
def test_entries_that_are_no_test_are_errors(test, said):
    """What is wrong with an entry of `tests:` is told with its place and a hint."""
    assert said in errors({"model": "m", "tests": [test]})


def test_tests_are_a_list():
    """A mapping in place of the list is an error."""
    assert "`tests` must be a list, not a mapping" in errors({"model": "m", "tests": {"a": {}}})


@pytest.mark.parametrize("written", ["canary-1", "${canary_1}", "env:${canary_1}"])
def test_a_key_in_an_expectation_is_refused_and_not_shown(written):
    """A credential is expected by its reference; what else stands there is an error, unquoted."""
    test = {"given": {"platform": "x"}, "expect": {"credential": written}}
    said = errors({"model": "m", "tests": [test]}, canary_1="canary-2")
    assert "`tests[0].expect.credential` must be a reference to a key" in said
    assert "canary" not in said


def test_every_sound_test_is_kept_beside_errors():
    """A table with an error has no tests that could be tried, but those that are sound are told."""
    loaded = load(
        """\
        model: m
        tests:
          - given: { platform: x }
            expect: { model: m }
          - given: { platform: X }
            expect: { model: m }
        """
    )
    assert loaded.table is None
    assert [test.name for test in loaded.tests] == ["tests[0]"]
    assert "t.yaml:5:24: error: " in report(loaded)
