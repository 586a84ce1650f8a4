"""The AMQP routing key that a feeder publishes with."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from contracts.hub_frame import HubFrame
from contracts.inbound_message import InboundMessage, Source
from contracts.platform_name import PlatformName

_DIGEST = 32


def routing_key(message: InboundMessage | Mapping[str, Any]) -> str:
    """Return the routing key of a message: 32 hex digits.

    It is the digest of the stated `conversation_id`, else of platform and `chat_id` (in a DM
    without one, of the participant). It is never finer than the conversation, so all messages of a
    conversation enter through one partition, in order.

    `message` is a message, its JSON object, or the JSON object of a hub frame. Raises
    pydantic.ValidationError if the object is neither.
    """
    if not isinstance(message, InboundMessage):
        if HubFrame.is_shape_of(message):
            message = HubFrame.model_validate(message).to_inbound()
        else:
            message = InboundMessage.model_validate(dict(message))
    if message.conversation_id:
        return _digest(message.conversation_id)
    source = message.source or Source()
    place = source.chat_id
    if not place and source.chat_type == "dm":
        place = source.participant
    # Without the instance: one message may leave to the exchange what another states.
    platform = PlatformName.parse(source.platform).platform if source.platform else ""
    return _digest(f"{platform}\n{place or ''}")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_DIGEST]
