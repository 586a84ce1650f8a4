"""What crosses a queue: the messages that come in, the turn jobs that go out, and their rules.

This package needs pydantic and nothing else, so a feeder or a model runner can depend on it alone.
"""

from contracts.dead_reason import DeadReason
from contracts.hub_frame import HubFrame
from contracts.inbound_message import InboundMessage, Override, Part, Source
from contracts.platform_name import PlatformName
from contracts.reply_to import ReplyTo
from contracts.routing_key import routing_key
from contracts.runtime import Runtime
from contracts.short import short
from contracts.signature import (
    SIGNATURE_HEADER,
    Signature,
    SignatureError,
    sign,
    signing_key,
)
from contracts.source_kind import SourceKind
from contracts.turn_id import turn_id
from contracts.turn_job import Route, TurnJob, TurnSource
from contracts.turn_queue import turn_queue

__all__ = [
    "SIGNATURE_HEADER",
    "DeadReason",
    "HubFrame",
    "InboundMessage",
    "Override",
    "Part",
    "PlatformName",
    "ReplyTo",
    "Route",
    "Runtime",
    "Signature",
    "SignatureError",
    "Source",
    "SourceKind",
    "TurnJob",
    "TurnSource",
    "routing_key",
    "short",
    "sign",
    "signing_key",
    "turn_id",
    "turn_queue",
]
