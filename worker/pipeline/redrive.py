"""What operators say of a dead letter that they publish once more: headers of `in.redrive`.

The tool writes them, the worker reads them, and nobody else may publish to that exchange. On every
other exchange they mean nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from contracts import DeadReason, PlatformName, SourceKind
from routing.origin import EXCHANGE, REDRIVE, RESERVED, Origin
from routing.redriven import Redriven
from routing.rejection import Rejection
from routing.table import RoutingTable
from worker.pipeline.delivery import Delivery

REDRIVE_HEADERS = "x-redrive-"
"""What they all begin with."""
FINGERPRINT = f"{REDRIVE_HEADERS}fingerprint"
UNCHANGED = f"{REDRIVE_HEADERS}unchanged"
_PLATFORM = f"{REDRIVE_HEADERS}platform"
_SOURCE_KIND = f"{REDRIVE_HEADERS}source-kind"
_SIGNED = f"{REDRIVE_HEADERS}signed"
_ATTEMPT = f"{REDRIVE_HEADERS}attempt"
_EXCHANGE = f"{REDRIVE_HEADERS}exchange"
_MESSAGE_ID = f"{REDRIVE_HEADERS}message-id"
_DERIVED_ID = f"{REDRIVE_HEADERS}derived-id"
_USER_ID = f"{REDRIVE_HEADERS}user-id"
_TIMESTAMP = f"{REDRIVE_HEADERS}timestamp"
_MOST = 2**31 - 1
_KINDS = {kind.value: kind for kind in SourceKind}


@dataclass(frozen=True, slots=True)
class Redrive:
    """One more way through the worker for what died on an earlier one."""

    platform: PlatformName
    source_kind: SourceKind | None
    """What it was; None where nobody got to know, and then a stranger's at most."""
    attempt: int
    """Of the turn it may become: 2 for the first redrive."""
    exchange: str
    """The one it was published to first."""
    signed: bool = False
    """Whether a key of its platform's had signed it."""
    message_id: str | None = None
    """AMQP's; under that of the redrive the broker's answer is told from others."""
    derived_id: str | None = None
    """The message id that it was given, where it had none."""
    user_id: str | None = None
    """The publisher, as the broker checked it then: of the operator it would refuse it."""
    timestamp: int | None = None
    """AMQP's, which a derived id takes in, as it came."""
    fingerprint: str | None = None
    """Of what it died of last."""
    unchanged: int = 0
    """How often in a row it had come back with that fingerprint."""

    def headers(self) -> dict[str, Any]:
        """Return what says all this to a worker."""
        said = {
            _PLATFORM: str(self.platform),
            _SOURCE_KIND: self.source_kind and self.source_kind.value,
            _SIGNED: 1 if self.signed else None,
            _ATTEMPT: self.attempt,
            _EXCHANGE: self.exchange,
            _MESSAGE_ID: self.message_id,
            _DERIVED_ID: self.derived_id,
            _USER_ID: self.user_id,
            _TIMESTAMP: None if self.timestamp is None else str(self.timestamp),
            **self.history(),
        }
        return {name: value for name, value in said.items() if value is not None}

    def history(self) -> dict[str, Any]:
        """Return the headers that its turn job, or its next dead letter, keeps."""
        if self.fingerprint is None:
            return {}
        return {FINGERPRINT: self.fingerprint, UNCHANGED: self.unchanged}

    @classmethod
    def read(cls, headers: Mapping[str, Any], prefix: str = "") -> Self:
        """Return what headers say. Raises Rejection (`malformed`) if they do not say it all."""
        platform = _platform(headers)
        exchange = _text(headers, _EXCHANGE)
        return cls(
            platform=platform,
            source_kind=_KINDS.get(_text(headers, _SOURCE_KIND) or ""),
            attempt=_count(headers, _ATTEMPT, 2),
            exchange=f"{prefix}{EXCHANGE}{platform.platform}" if exchange is None else exchange,
            signed=headers.get(_SIGNED) == 1,
            message_id=_text(headers, _MESSAGE_ID),
            derived_id=_text(headers, _DERIVED_ID),
            user_id=_text(headers, _USER_ID),
            timestamp=_timestamp(headers),
            fingerprint=_text(headers, FINGERPRINT),
            unchanged=_count(headers, UNCHANGED, 0) if UNCHANGED in headers else 0,
        )

    def restored(self, delivery: Delivery) -> Delivery:
        """Return a redriven delivery as it came first."""
        given = delivery.properties
        headers = {
            name: value
            for name, value in given.headers.items()
            if not name.lower().startswith(REDRIVE_HEADERS)
        }
        properties = replace(
            given,
            headers=headers,
            message_id=self.message_id,
            user_id=self.user_id,
            timestamp=given.timestamp if self.timestamp is None else self.timestamp,
        )
        return replace(delivery, exchange=self.exchange, properties=properties)

    def origin(self, table: RoutingTable) -> Origin:
        """Return where it came from first, for all that is known of it now: never verified."""
        return Origin(
            self.platform,
            self.user_id,
            verified=False,
            signed=self.signed and self.platform.platform in table.signing_keys,
            redriven=Redriven(self.source_kind),
        )


def redrive_of(delivery: Delivery, prefix: str) -> Redrive | None:
    """Return what operators say of a delivery, None if it is nothing that they redrive.

    Raises Rejection (`malformed`) if they do not say it all.
    """
    if delivery.exchange != prefix + REDRIVE:
        return None
    return Redrive.read(delivery.properties.headers, prefix)


def _platform(headers: Mapping[str, Any]) -> PlatformName:
    text = _text(headers, _PLATFORM)
    if text is None:
        raise _wrong(_PLATFORM, "is missing")
    try:
        name = PlatformName.parse(text)
    except ValueError as error:
        raise _wrong(_PLATFORM, f"is none: {error}") from None
    if name.platform in RESERVED:
        raise _wrong(_PLATFORM, "is a name that no platform can have")
    return name


def _timestamp(headers: Mapping[str, Any]) -> int | None:
    text = _text(headers, _TIMESTAMP)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 20):
        raise _wrong(_TIMESTAMP, "is not a time, in seconds")
    return int(text)


def _text(headers: Mapping[str, Any], name: str) -> str | None:
    value = headers.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _wrong(name, "is not text")
    return value


def _count(headers: Mapping[str, Any], name: str, least: int) -> int:
    value = headers.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST:
        raise _wrong(name, f"is not a number from {least}")
    return value


def _wrong(name: str, what: str) -> Rejection:
    return Rejection(DeadReason.MALFORMED, f"{REDRIVE}: {name} {what}")
