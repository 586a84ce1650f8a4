"""What goes out: a turn job, version 1."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.inbound_message import InboundMessage
from contracts.reply_to import ReplyTo
from contracts.runtime import Runtime
from contracts.source_kind import SourceKind


class TurnSource(BaseModel):
    """The facts about the sender that the service decided: these, not the body's, are trusted."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    platform: str
    instance: str | None = None
    source_kind: SourceKind
    chat_type: str | None = None
    chat_id: str | None = None
    user_id: str | None = None
    publisher: str | None = None
    verified: bool = False


class Route(BaseModel):
    """Which rule chose the runtime, and why."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str
    index: int | None = None
    table: str
    reason: Literal["matched", "base", "override", "runtime", "memory_flush", "error"]
    override_ignored: Literal["unknown", "not_listed", "closed", "memory_flush"] | None = None
    variant: str | None = None


class TurnJob(BaseModel):
    """One turn for a model runner.

    Runners drop repeats of (`turn_id`, `attempt`), unless `message_id_derived`; they obey
    `/commands` only where `allow_control`. Fields that a newer minor version adds are ignored.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    version: str = "1"
    turn_id: UUID
    conversation_id: str
    sequence: int
    agent_id: str | None = None
    purpose: str = "turn"
    hops: int = 1
    attempt: int = 1
    message: InboundMessage
    message_id_derived: bool = False
    source: TurnSource
    runtime: Runtime
    fallbacks: tuple[Runtime, ...] = ()
    route: Route
    allow_control: bool = False
    received_at: datetime
    expires_at: datetime | None = None
    reply_to: ReplyTo | None = None
