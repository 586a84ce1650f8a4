import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import PlatformName, SourceKind
from routing.context import KEYS, Circumstances, routing_context
from tests.routing.tables import message, table

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = {
    "platform": "telegram",
    "chat_id": "c",
    "chat_type": "group",
    "user_id": "u",
    "thread_id": "t",
    "parent_chat_id": "p",
    "scope_id": "s",
    "profile": "work",
}


def context(source=SOURCE, platform="telegram:one", kind=SourceKind.STRANGER, by=None, **fields):
    sent = message(source, **fields)
    known = Circumstances("hub-user", verified=True, now=NOON)
    return routing_context(sent, PlatformName.parse(platform), kind, by or table(), known)


def test_all_facts_of_a_full_message():
    """Every fact has its name and comes from its place in the message, as text."""
    facts = context(
        agent_id="a",
        purpose="btw",
        message_type="photo",
        hops=3,
        text="one two  three",
        media_urls=["media/a.jpg"],
        metadata={"tier": "gold"},
    ).facts()
    assert facts == {
        "platform": "telegram",
        "instance": "one",
        "source_kind": "stranger",
        "user_id": "u",
        "chat_id": "c",
        "chat_type": "group",
        "thread_id": "t",
        "parent_chat_id": "p",
        "scope_id": "s",
        "agent_id": "a",
        "profile": "work",
        "purpose": "btw",
        "message_type": "photo",
        "hops": "3",
        "text.length": "14",
        "text.words": "3",
        "text.simple": "true",
        "has_media": "true",
        "verified": "true",
        "publisher": "hub-user",
        "time": "2026-03-01T12:00:00+00:00",
        "metadata.tier": "gold",
    }
    assert [*KEYS, "metadata.tier"] == list(facts)


@pytest.mark.parametrize(
    "source", [None, {}, dict.fromkeys(SOURCE), {**dict.fromkeys(SOURCE, ""), "platform": "cli"}]
)
def test_missing_and_empty_ids_are_absent(source):
    """An id that is missing, null or empty is no fact, so no rule can match it."""
    sent = message(source, agent_id="")
    facts = routing_context(sent, PlatformName("cli"), SourceKind.OWNER, table()).facts()
    assert facts == {
        "platform": "cli",
        "source_kind": "owner",
        "purpose": "turn",
        "message_type": "text",
        "hops": "0",
        "text.length": "5",
        "text.words": "1",
        "text.simple": "true",
        "has_media": "false",
        "verified": "false",
    }


@pytest.mark.parametrize("platform", ["webhook", "api_server", "msgraph_webhook", "webhook:two"])
def test_user_id_is_absent_where_it_can_be_forged(platform):
    """On a spoofable platform a message has no user id, though all its other facts."""
    forged = context(platform=platform)
    assert forged.fact("user_id") is None
    assert "user_id" not in forged.facts()
    assert forged.fact("chat_id") == "c"


def test_spoofable_platforms_are_a_setting():
    """The table says where user ids can be forged."""
    by = table(spoofable_platforms=["telegram"])
    assert context(by=by).fact("user_id") is None
    assert context(platform="webhook", by=by).fact("user_id") == "u"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        ("true", "true"),
        (True, "true"),
        (False, "false"),
        (42, "42"),
        (0, "0"),
        (-7, "-7"),
        (1.0, "1.0"),
        (1.5, "1.5"),
        ([], "[]"),
        ([1, "b", None], '[1,"b",null]'),
        ({"b": 1, "a": {"ä": True}}, '{"b":1,"a":{"ä":true}}'),
        (None, None),
    ],
)
def test_metadata_is_its_json_text(value, text):
    """A fact from the metadata is compact JSON, text is itself, and null is absent."""
    assert context(metadata={"x": value}).fact("metadata.x") == text


def test_metadata_keys_are_taken_as_they_are():
    """What follows `metadata.` is one key, dots and all."""
    given_metadata = {"a.b": "dotted", "a": {"b": "nested"}, "": "empty"}
    with_metadata = context(metadata=given_metadata)
    assert with_metadata.fact("metadata.a.b") == "dotted"
    assert with_metadata.fact("metadata.") == "empty"
    assert with_metadata.fact("metadata.c") is None
    assert context(metadata={}).fact("metadata.a") is None


@pytest.mark.parametrize("key", ["", "text", "metadata", "Platform", "user_name", "source.chat_id"])
def test_what_is_no_fact_is_absent(key):
    """A key that the routing context does not have is absent, whatever the message holds."""
    assert context(metadata={key: "x"}, text="x").fact(key) is None


@pytest.mark.parametrize(
    ("fields", "length", "words"),
    [
        ({"text": "héllo wörld"}, "11", "2"),
        ({"text": "👋🏽"}, "2", "1"),
        ({"text": " \n "}, "3", "0"),
        ({"text": "a\tb\nc d"}, "7", "4"),
        ({"text": None, "parts": [{"text": "not counted"}]}, "0", "0"),
    ],
)
def test_text_is_measured_in_characters_and_words(fields, length, words):
    """Length counts characters, not bytes; words are what white space separates."""
    measured = context(**fields)
    assert (measured.fact("text.length"), measured.fact("text.words")) == (length, words)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "false"),
        ({"media_urls": ["a.jpg"]}, "true"),
        ({"media_types": ["image/jpeg"]}, "false"),
        ({"parts": [{"url": "https://x/a.jpg"}]}, "true"),
        ({"parts": [{"text": "a"}, {"raw": "aGk="}]}, "true"),
        ({"parts": [{"text": "a"}, {"data": {"url": "x"}}]}, "false"),
    ],
)
def test_media_are_urls_and_files(fields, expected):
    """A message has media if it lists any, or a part of it is a file; data and text are not."""
    assert context(**fields).fact("has_media") == expected


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(metadata=st.dictionaries(st.text(), json_values, max_size=4))
def test_facts_are_text_and_say_what_was_there(metadata):
    """Every fact is text, and from that of a JSON value the value can be read back."""
    facts = context(metadata=metadata).facts()
    for key, value in metadata.items():
        fact = facts.get(f"metadata.{key}")
        if isinstance(value, str) or value is None:
            assert fact == value
        else:
            assert json.loads(fact) == value
