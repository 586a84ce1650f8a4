import re
from hashlib import sha256

import pytest
from pydantic import ValidationError

from contracts import InboundMessage, routing_key


def digest(text):
    return sha256(text.encode()).hexdigest()[:32]


def sent(source=None, **fields):
    return {"text": "hello", **fields, **({"source": source} if source is not None else {})}


CHAT = {"platform": "telegram", "chat_id": "42", "chat_type": "group", "user_id": "7"}
FRAME = {"type": "message", "data": {"messageId": "m", "from": "brain", "text": "hi"}}


def test_golden_routing_key():
    """A chat keeps its routing key for ever, because feeders may compute it in any language."""
    assert routing_key(sent(CHAT)) == "d25cb9f0e75ebde1a2a09686b2fe215c"
    assert re.fullmatch(r"[0-9a-f]{32}", routing_key(sent(CHAT)))


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (sent(CHAT), "telegram\n42"),
        (sent(CHAT, conversation_id="c"), "c"),
        (sent(CHAT, conversation_id=5), "5"),
        (sent(CHAT, conversation_id=""), "telegram\n42"),
        (sent(conversation_id="c"), "c"),
        (sent({**CHAT, "chat_id": 42}), "telegram\n42"),
        (sent({**CHAT, "platform": " Telegram:Two "}), "telegram\n42"),
        (sent({**CHAT, "platform": "local"}), "cli\n42"),
        (sent({**CHAT, "chat_id": None}), "telegram\n"),
        (sent({**CHAT, "chat_id": None, "chat_type": "dm"}), "telegram\n7"),
        (sent({**CHAT, "chat_id": "", "chat_type": "dm", "user_id_alt": "x"}), "telegram\nx"),
        (sent({"chat_id": "42"}), "\n42"),
        (sent(), "\n"),
        (FRAME, "hub\nhub:brain"),
    ],
)
def test_it_is_of_the_conversation_or_of_the_chat(document, text):
    """The key is of the stated conversation, else of platform and chat, or of a DM's participant."""
    assert routing_key(document) == digest(text)


def test_a_message_and_its_json_have_one_key():
    """A feeder may ask with the message or with its JSON object."""
    assert routing_key(InboundMessage.model_validate(sent(CHAT))) == routing_key(sent(CHAT))


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "8"},
        {"thread_id": "3"},
        {"user_name": "x"},
        {"profile": "x"},
        {"chat_type": "dm"},
    ],
)
def test_all_messages_of_a_chat_have_one_key(changed):
    """Neither sender nor thread nor profile splits a chat over partitions."""
    assert routing_key(sent({**CHAT, **changed}, message_id="1", agent_id="a", text="x")) == (
        routing_key(sent(CHAT))
    )


@pytest.mark.parametrize(
    "document", [{}, {"text": ""}, sent({"platform": "ｈｕｂ"}), {"type": "x"}]
)
def test_what_is_no_message_has_no_key(document):
    """An object that is neither a message nor a hub frame is refused."""
    with pytest.raises(ValidationError):
        routing_key(document)
