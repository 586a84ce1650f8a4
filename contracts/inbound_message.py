"""What comes in: an inbound message, version 1."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from contracts.identifier import Identifier, NonEmptyIdentifier
from contracts.platform_name import PlatformName
from contracts.reply_to import ReplyTo
from contracts.rfc3339 import parse_rfc3339

MOST = 1_000
"""How many parts, media, ids of tasks and keys of `metadata` there may be."""
_Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
_Flag = Annotated[bool, Field(strict=True)]
# Shown, never compared; a platform may have numbers for names.
_Name = Annotated[
    str,
    Field(coerce_numbers_to_str=True),
    WithJsonSchema({"type": ["string", "number"]}, mode="validation"),
]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]


def _time(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    return parse_rfc3339(value)


def _readable_time(value: object) -> datetime | None:
    try:
        return _time(value)
    except ValueError:
        return None


def _platform(value: object) -> object:
    if value == "":
        return None
    return str(PlatformName.parse(value)) if isinstance(value, str) else value


def _opinion(value: object) -> object:
    # What is empty has no opinion.
    return None if value in ("", []) else value


def _few(value: object) -> object:
    # Before anything of it is read: each wrong one of a million would be an error of its own.
    if isinstance(value, list | tuple | dict) and len(value) > MOST:
        what = "keys" if isinstance(value, dict) else "items"
        msg = f"has {len(value)} {what}, {MOST} are allowed"
        raise ValueError(msg)
    return value


_Few = (Field(max_length=MOST), BeforeValidator(_few))
_Metadata = Annotated[dict[str, Any], *_Few]


class _WireObject(BaseModel):
    """An object of a message: unknown fields are kept, a null field is an absent one."""

    model_config = ConfigDict(
        frozen=True, extra="allow", populate_by_name=True, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if not isinstance(value, dict) or None not in value.values():
            return value
        known = cls.model_fields
        return {k: v for k, v in value.items() if v is not None or k not in known}


class Source(_WireObject):
    """Where a message says it is from. None of it is trusted for the source kind."""

    platform: Annotated[str | None, BeforeValidator(_platform)] = None
    chat_id: Identifier | None = None
    chat_type: Identifier | None = None
    chat_name: _Name | None = None
    user_id: Identifier | None = None
    user_name: _Name | None = None
    thread_id: Identifier | None = None
    user_id_alt: Identifier | None = None
    chat_id_alt: Identifier | None = None
    scope_id: Annotated[
        Identifier | None, Field(validation_alias=AliasChoices("scope_id", "guild_id"))
    ] = None
    parent_chat_id: Identifier | None = None
    message_id: Identifier | None = None
    profile: Identifier | None = None
    is_bot: _Flag | None = None

    @property
    def participant(self) -> str | None:
        """Who wrote, as far as the platform tells."""
        return self.user_id_alt or self.user_id or None


class Part(_WireObject):
    """One part of an A2A message: exactly one of `text`, `url`, `raw` (base64) and `data`."""

    text: str | None = None
    url: str | None = None
    raw: str | None = None
    data: Any = None
    media_type: str | None = None
    filename: str | None = None
    metadata: _Metadata | None = None

    @model_validator(mode="after")
    def _has_one_content(self) -> Self:
        if (self.text, self.url, self.raw, self.data).count(None) != 3:
            msg = "a part has exactly one of text, url, raw, data"
            raise ValueError(msg)
        return self


class Override(_WireObject):
    """The choice made before routing. Only these two fields are ever obeyed."""

    runtime: Annotated[Identifier | None, BeforeValidator(_opinion)] = None
    model: Annotated[Identifier | None, BeforeValidator(_opinion)] = None


class InboundMessage(_WireObject):
    """A message from a hub platform, a peer agent, the scheduler or the terminal.

    The field names are those that hub gateways already send. Unknown fields are kept and travel
    along in the turn job.
    """

    version: Annotated[str, Field(pattern=r"^1(\.[0-9]{1,9})?$", coerce_numbers_to_str=True)] = "1"
    message_id: NonEmptyIdentifier | None = None
    text: str | None = None
    parts: Annotated[tuple[Part, ...], *_Few] = ()
    message_type: _Text = "text"
    source: Source | None = None
    agent_id: Identifier | None = None
    conversation_id: Identifier | None = None
    purpose: _Text = "turn"
    override: Annotated[Override | None, BeforeValidator(_opinion)] = None
    hops: _Count = 0
    reply_to_message_id: Identifier | None = None
    media_urls: Annotated[tuple[str, ...], *_Few] = ()
    media_types: Annotated[tuple[str | None, ...], *_Few] = ()
    context: Any = None
    task_id: Identifier | None = None
    reference_task_ids: Annotated[tuple[Identifier, ...], *_Few] = ()
    metadata: _Metadata = Field(default_factory=dict)
    extensions: Any = None
    created_at: Annotated[
        datetime | None,
        BeforeValidator(_readable_time),
        Field(validation_alias=AliasChoices("created_at", "timestamp")),
    ] = None
    expires_at: Annotated[datetime, BeforeValidator(_time)] | None = None
    reply_to: ReplyTo | None = None

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        if not (self.text or self.parts or self.media_urls):
            msg = "a message has a non-empty text, or parts, or media_urls"
            raise ValueError(msg)
        return self
