"""From a delivery's body to an inbound message whose platform is settled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from contracts import DeadReason, HubFrame, InboundMessage, PlatformName, Source
from contracts.hub_frame import PLATFORM as HUB
from routing.origin import CheckSignature, Origin, judge_origin, settle_platform, unsigned
from routing.rejection import Rejection
from routing.table import RoutingTable
from worker.pipeline.delivery import Delivery
from worker.pipeline.formats import read_message

# The same few come with every message; what is too long for a name is malformed before this.
_platform_name = lru_cache(maxsize=1024)(PlatformName.parse)


@dataclass(frozen=True, slots=True)
class Decoded:
    """An inbound message, normalised: id, platform and creation time are filled in."""

    message: InboundMessage
    origin: Origin
    """With its platform settled, and verified or not."""
    platform: PlatformName
    message_id: str
    message_id_derived: bool

    def age(self, now: datetime) -> float | None:
        """Return the seconds since the message was made, None if it does not say when."""
        created = self.message.created_at
        if created is None or created is now:  # filled in just before
            return None
        return max(0.0, (now - created).total_seconds())


def judge(
    delivery: Delivery,
    table: RoutingTable,
    prefix: str,
    check_signature: CheckSignature = unsigned,
) -> Origin:
    """Return where the delivery came from, as the broker or a signature vouches for it."""
    user_id = delivery.properties.user_id
    return judge_origin(delivery.exchange, user_id, table, prefix, check_signature)


def decode(
    document: Mapping[str, Any],
    delivery: Delivery,
    origin: Origin,
    table: RoutingTable,
    now: datetime,
    check_signature: CheckSignature = unsigned,
    derived_id: str | None = None,
) -> Decoded:
    """Return the message in `document`, the JSON object of the delivery's body without keys.

    `derived_id` is the message id that a redriven one was given when it came first and stated none.
    Raises Rejection if it is not a message, or one that its origin may not send, or expired; with
    the id that a message states.
    """
    message = read_message(document, _hub_platform(origin, table))
    stated_id = None if derived_id else _stated_id(message, delivery)
    try:
        if HubFrame.is_shape_of(document):
            _refuse_frame_of_others(origin, table)
        origin, platform = _settled(message, origin, table, check_signature)
        _refuse_expired(message, now)
    except Rejection as rejection:
        rejection.message_id = stated_id
        raise
    message_id = derived_id or stated_id or _derived_id(delivery)
    normal = _completed(message, message_id, str(platform), now)
    return Decoded(normal, origin, platform, message_id, stated_id is None)


def _settled(
    message: InboundMessage, origin: Origin, table: RoutingTable, check_signature: CheckSignature
) -> tuple[Origin, PlatformName]:
    stated = message.source.platform if message.source else None
    named = _platform_name(stated) if stated else None
    origin = settle_platform(origin, named, table, check_signature)
    if origin.platform is None:
        raise Rejection(DeadReason.MALFORMED, "neither the exchange nor the body names a platform")
    return origin, origin.platform


def _refuse_expired(message: InboundMessage, now: datetime) -> None:
    if message.expires_at is not None and message.expires_at <= now:
        detail = f"the message expired at {message.expires_at.isoformat()}"
        raise Rejection(DeadReason.EXPIRED, detail)


def _completed(
    message: InboundMessage, message_id: str, platform: str, now: datetime
) -> InboundMessage:
    # A message that states all three is complete as it is, and a copy costs as much as a tenth of
    # the rest of the main path.
    missing: dict[str, Any] = {}
    source = message.source or Source()
    if source.platform != platform:
        missing["source"] = source.model_copy(update={"platform": platform})
    if message.message_id != message_id:
        missing["message_id"] = message_id
    if message.created_at is None:
        missing["created_at"] = now
    return message.model_copy(update=missing) if missing else message


def _refuse_frame_of_others(origin: Origin, table: RoutingTable) -> None:
    platform = origin.platform.platform if origin.platform else HUB
    if platform not in table.hub_platforms:
        detail = f"a hub frame, and {platform} is not one of hub_platforms"
        raise Rejection(DeadReason.PLATFORM_MISMATCH, detail)


def _hub_platform(origin: Origin, table: RoutingTable) -> str:
    if origin.platform and origin.platform.platform in table.hub_platforms:
        return str(origin.platform)
    return HUB


def _stated_id(message: InboundMessage, delivery: Delivery) -> str | None:
    # The body first: client libraries put a fresh random message id on every publish, so by that
    # one a feeder's retry would look like a new message.
    in_source = message.source.message_id if message.source else None
    return message.message_id or in_source or delivery.properties.message_id or None


def _derived_id(delivery: Delivery) -> str:
    digest = sha256(delivery.body)
    digest.update(f"\n{delivery.routing_key}\n{delivery.properties.timestamp or ''}".encode())
    return digest.hexdigest()
