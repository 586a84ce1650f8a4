"""Whom a letter is of, as an erasure request asks."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.load_table import load_table
from routing.table import RoutingTable
from tests.worker.dead.test_read_letter import death, read, text, wire
from worker.dead.amqp_table import Value
from worker.dead.erasure import Erasure
from worker.dead.letter import Letter
from worker.dead.read_letter import read_letter

LOADED = load_table(b"model: m\nplatforms: {telegram: {}}", {}).table
assert LOADED is not None
TABLE: RoutingTable = LOADED
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["source", "message", "data", "type", "from", "user_id", "chat_id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def letter(body: Any, platform: str | None = "telegram") -> Letter:
    headers = {"x-dead-reason": text("malformed")}
    if platform is not None:
        headers["x-dead-platform"] = text(platform)
    return read(headers, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def is_users(one: Letter, user: str = "77", platform: str = "telegram") -> bool:
    return Erasure(TABLE, platform=platform, user=user).is_about(one)


def is_in(one: Letter, conversation: str) -> bool:
    return Erasure(TABLE, conversation=conversation).is_about(one)


@pytest.mark.parametrize(
    "source",
    [
        {"user_id": "77"},
        {"user_id": 77},
        {"user_id": "old", "user_id_alt": "77"},
        {"chat_id": "77", "chat_type": "dm"},
        {"chat_id_alt": "77", "chat_id": "x", "chat_type": "dm"},
    ],
)
def test_a_user_is_found_by_each_of_their_ids(source):
    """A letter is the user's by user_id, by user_id_alt, by a DM's chat, as text or as a number."""
    assert is_users(letter({"text": "x", "source": source}))
    assert not is_users(letter({"text": "x", "source": source}), user="7")
    assert not is_users(letter({"text": "x", "source": source}, platform="discord"))
    assert not is_users(letter({"text": "x", "source": source}), platform="discord")


def test_a_user_whose_platform_nobody_names_is_found():
    """Where neither the worker nor the body names a platform, the id suffices."""
    assert is_users(letter({"source": {"user_id": "77"}}, platform=None))
    named = letter({"source": {"user_id": "77", "platform": "discord"}}, platform=None)
    assert not is_users(named)


def test_a_group_is_no_user():
    """The chat of a group that is called as the user is another's."""
    assert not is_users(letter({"source": {"chat_id": "77", "chat_type": "group"}}))


def test_the_sender_of_a_hub_frame_is_found():
    """In a hub frame the user is whom it is from, and the conversation is theirs."""
    frame = {"type": "message", "data": {"messageId": "1", "from": "slate", "text": "x"}}
    assert is_users(letter(frame, platform="hub"), "slate", "hub")
    assert is_in(letter(frame, platform="hub"), "hub:slate")


def test_a_job_is_found_by_its_source_and_its_message():
    """A job that a runner rejected is the user's by what was decided and by what came in."""
    headers = {"x-death": death(), "x-platform": text("telegram")}
    jobs: tuple[dict[str, Any], ...] = (
        {"source": {"platform": "telegram", "user_id": "77"}, "message": {}},
        {"source": {}, "message": {"source": {"user_id": "77"}}},
    )
    for job in jobs:
        assert is_users(read(headers, body=json.dumps(job).encode()))
    job = {"conversation_id": "telegram/type=dm/chat=5", "message": {}}
    assert is_in(read(headers, body=json.dumps(job).encode()), "telegram/type=dm/chat=5")
    correlated = wire({**headers, "n": Value("V", None)}, correlation_id="telegram/chat=9")
    assert is_in(read_letter(b"{}", correlated, "", ""), "telegram/chat=9")


@pytest.mark.parametrize("asked", ["c-1", "telegram/conversation=c-1", "77", "5"])
def test_a_conversation_is_found_by_its_id_its_key_and_its_chat(asked):
    """The stated id, the key that the log shows, and the ids of chat and thread name a conversation."""
    source = {"chat_id": "77", "thread_id": 5, "chat_type": "group", "user_id": "u"}
    body = {"text": "x", "conversation_id": "c-1", "source": source}
    assert is_in(letter(body), asked)
    assert not is_in(letter(body), f"{asked}0")


def test_the_key_of_a_derived_conversation_is_found():
    """Where no id is stated the key is made as the worker makes it."""
    source = {"chat_id": "42", "chat_type": "dm", "user_id": "u"}
    assert is_in(letter({"text": "x", "source": source}), "telegram/type=dm/chat=42")


def test_what_cannot_be_read_is_named_and_stays():
    """A body that is no object and holds the id as a word is nobody's, and noted; others are not."""
    erasure = Erasure(TABLE, platform="telegram", user="77")
    broken = letter(b'{"user_id": "77"')
    assert not erasure.is_about(broken)
    assert not erasure.is_about(letter(b'{"user_id": "770"'))
    assert not erasure.is_about(letter(b'{"user_id": "a-77"'))
    assert erasure.unsure == [broken.id]


@pytest.mark.parametrize(
    "body",
    [
        '{"source": {"user_id": "zoë"}, "source": {}}',
        '{"source": {"user_id": "zoë", "user_id": "8"}}',
        '[{"source": {"user_id": "zoë"}}]',
        '{"source": {"user_id": "zo\\u00eb"',
        '{"source": {"user_id": "zoë"',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_what_can_be_read_in_two_ways_is_named_and_stays(body, encoding):
    """Nobody's id is missed because a name stands twice, or a letter is written otherwise."""
    erasure = Erasure(TABLE, platform="telegram", user="zoë")
    one = letter(body.encode(encoding))
    assert not erasure.is_about(one)
    assert erasure.unsure == [one.id]


@given(JSON, st.sampled_from(["telegram", None, "\x1b"]))
def test_any_body_is_looked_at(body, platform):
    """Whatever a body holds, looking for a person raises nothing."""
    one = letter(body, platform)
    for each in (one, replace(one, shape=read({"x-death": death()}).shape)):
        is_users(each)
        is_in(each, "c")
