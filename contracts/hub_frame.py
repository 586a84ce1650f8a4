"""The frame in which agent hubs pass a message on."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.identifier import Identifier
from contracts.inbound_message import InboundMessage
from contracts.reply_to import ReplyTo

PLATFORM = "hub"


class HubFrameData(BaseModel):
    """What a hub frame carries. An empty sender or text is malformed."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    message_id: Identifier | None = Field(default=None, alias="messageId")
    # `hub:` and the sender make the chat id, which is an identifier too.
    sender: Identifier = Field(alias="from", min_length=1, max_length=252)
    text: str = Field(min_length=1)
    timestamp: Any = None
    reply_to: ReplyTo | Identifier | None = None


class HubFrame(BaseModel):
    """`{"type": "message", "data": {"messageId", "from", "text", "timestamp", "reply_to"?}}`."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    type: str
    data: HubFrameData

    @staticmethod
    def is_shape_of(document: Mapping[str, Any]) -> bool:
        """Tell whether a JSON object is a hub frame rather than a message."""
        return (
            document.get("type") == "message"
            and isinstance(document.get("data"), dict)
            and "source" not in document
            and "text" not in document
        )

    def to_inbound(self, platform: str = PLATFORM) -> InboundMessage:
        """Return the message: a DM from the sender, on `platform`.

        What the frame and its data hold beyond the known fields is kept. Raises
        pydantic.ValidationError if the known fields do not make a message.
        """
        data = self.data
        known: dict[str, Any] = {
            "message_id": data.message_id or None,
            "text": data.text,
            "source": {
                "platform": platform,
                "chat_id": f"hub:{data.sender}",
                "chat_type": "dm",
                "user_id": data.sender,
                "user_name": data.sender,
            },
            "timestamp": data.timestamp,
        }
        if isinstance(data.reply_to, ReplyTo):
            known["reply_to"] = data.reply_to
        else:
            known["reply_to_message_id"] = data.reply_to or None
        unknown = {**(self.model_extra or {}), **(data.model_extra or {})}
        stated = {name: value for name, value in known.items() if value is not None}
        return InboundMessage.model_validate({**unknown, **stated})
