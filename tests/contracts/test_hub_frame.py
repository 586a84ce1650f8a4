from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from contracts import HubFrame, ReplyTo, routing_key

NOON = "2026-01-31T12:00:00Z"


def frame(**data):
    return {"type": "message", "data": {"messageId": "a1", "from": "brain", "text": "hi", **data}}


def read(document, platform="hub"):
    return HubFrame.model_validate(document).to_inbound(platform)


def test_a_frame_is_a_dm_from_its_sender():
    """A frame is a message in the sender's own chat on the hub."""
    message = read(frame(timestamp=NOON))
    assert message.model_dump(exclude_defaults=True) == {
        "message_id": "a1",
        "text": "hi",
        "source": {
            "platform": "hub",
            "chat_id": "hub:brain",
            "chat_type": "dm",
            "user_id": "brain",
            "user_name": "brain",
        },
        "created_at": datetime(2026, 1, 31, 12, tzinfo=UTC),
    }


def test_a_frame_takes_the_platform_it_is_given():
    """A hub of another name, or an instance of one, is the platform of its frames."""
    message = read(frame(), "peers:slate")
    assert (message.source.platform, message.source.chat_id) == ("peers:slate", "hub:brain")


@pytest.mark.parametrize(
    "document",
    [
        frame(text=""),
        frame(text=None),
        frame(text=7),
        frame(**{"from": ""}),
        frame(**{"from": None}),
        frame(**{"from": ["brain"]}),
        frame(**{"from": "x" * 253}),
        frame(messageId="x" * 257),
        frame(messageId=["a"]),
        frame(reply_to={"exchange": "x"}),
        {"type": "message", "data": {}},
        {"type": "message", "data": {"from": "brain"}},
        {"type": "message", "data": {"text": "hi"}},
    ],
)
def test_a_frame_without_sender_or_text_is_refused(document):
    """A frame needs a sender and a text, and what else it has must be of its type."""
    assert HubFrame.is_shape_of(document)
    with pytest.raises(ValidationError):
        read(document)


@pytest.mark.parametrize("message_id", [None, ""])
def test_a_frame_may_lack_an_id(message_id):
    """A frame without an id is a message without one."""
    assert read(frame(messageId=message_id)).message_id is None


def test_ids_of_a_frame_may_be_numbers():
    """A sender or id given as a number is its text."""
    message = read(frame(messageId=7, **{"from": 42}))
    assert (message.message_id, message.source.user_id, message.source.chat_id) == (
        "7",
        "42",
        "hub:42",
    )


@pytest.mark.parametrize("timestamp", ["yesterday", 1769860800, None, {}])
def test_an_unreadable_timestamp_is_unknown(timestamp):
    """A frame's timestamp that cannot be read is as good as none."""
    assert read(frame(timestamp=timestamp)).created_at is None


def test_a_reply_is_to_a_message_or_to_an_address():
    """`reply_to` is the id of the message replied to, or the address for the answer."""
    assert read(frame(reply_to="m0")).reply_to_message_id == "m0"
    assert read(frame(reply_to=7)).reply_to_message_id == "7"
    assert read(frame(reply_to="")).reply_to_message_id is None
    addressed = read(frame(reply_to={"exchange": "x", "routing_key": "q"}))
    assert addressed.reply_to == ReplyTo(exchange="x", routing_key="q")
    assert addressed.reply_to_message_id is None


def test_unknown_fields_of_a_frame_travel_along():
    """What a frame and its data hold besides is kept, and cannot change what is known."""
    message = read({"topic": "x", **frame(mood="calm", source={"platform": "cli"})})
    assert message.model_extra == {"topic": "x", "mood": "calm"}
    assert message.source.platform == "hub"


@pytest.mark.parametrize(
    "document",
    [
        {"type": "message", "text": "hi", "data": {}},
        {"type": "message", "source": {}, "data": {}},
        {"type": "message", "data": "hi"},
        {"type": "message"},
        {"type": "ping", "data": {}},
        {"data": {"from": "brain", "text": "hi"}},
        {"text": "hi"},
        {},
    ],
)
def test_other_objects_are_no_frames(document):
    """An object is a frame only if it says so, has data, and is not a message besides."""
    assert not HubFrame.is_shape_of(document)


def test_a_frame_and_its_message_have_one_routing_key():
    """A feeder of frames gets the key of the message that its frame becomes."""
    assert routing_key(frame()) == routing_key(read(frame()))
