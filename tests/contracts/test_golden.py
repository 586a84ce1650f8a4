"""What was once written can be read for ever, and means the same."""

import json
from pathlib import Path
from uuid import UUID

from contracts import HubFrame, InboundMessage, TurnJob, turn_id

FOLDER = Path(__file__).parent.parent / "data/golden"


def golden(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def written(model):
    """The model as a job carries it: the fields that were set."""
    return json.loads(model.model_dump_json(exclude_unset=True))


def test_golden_inbound_message():
    """The golden message is read, and normalised as the golden job carries it."""
    message = InboundMessage.model_validate(golden("inbound_message"))
    assert written(message) == golden("turn_job")["message"]


def test_golden_hub_frame():
    """The golden hub frame is read as a DM from its sender."""
    message = HubFrame.model_validate(golden("hub_frame")).to_inbound()
    assert written(message) == {
        "message_id": "a1",
        "text": "what is new?",
        "source": {
            "platform": "hub",
            "chat_id": "hub:brain",
            "chat_type": "dm",
            "user_id": "brain",
            "user_name": "brain",
        },
        "reply_to_message_id": "a0",
        "created_at": "2026-01-31T12:00:00Z",
    }


def test_golden_turn_job():
    """The golden job is read, and written again as it was."""
    assert written(TurnJob.model_validate(golden("turn_job"))) == golden("turn_job")


def test_golden_turn_id():
    """The golden job has the turn id that its message will always get."""
    job = TurnJob.model_validate(golden("turn_job"))
    assert job.turn_id == UUID("fcee9bd2-2ff4-5b2c-be02-fd1bff44bc28")
    message_id = job.message.message_id or ""
    assert job.turn_id == turn_id(
        job.source.platform, job.agent_id, job.conversation_id, message_id
    )
