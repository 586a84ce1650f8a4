"""Where a delivery came from, as far as the broker vouches for it."""

from dataclasses import dataclass, replace
from functools import lru_cache

from contracts import DeadReason, PlatformName
from routing.rejection import Rejection
from routing.table import RoutingTable
from routing.trust import Trust

EXCHANGE = "in."
"""What the exchanges of platforms begin with, after the deployment's prefix."""
RESERVED = frozenset({"open", "redrive"})
"""`in.open` and `in.redrive` are nobody's: no platform can have these names."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The exchange a message was published to says its platform; a publisher cannot forge that."""

    platform: PlatformName | None
    """None only under `trust: open`, until `settle_platform` has heard the message."""
    publisher: str | None
    """The RabbitMQ user, which the broker checked against the connection's."""
    verified: bool
    """Whether the platform lists its publishers and this is one of them."""


def judge_origin(
    exchange: str, user_id: str | None, table: RoutingTable, prefix: str = ""
) -> Origin:
    """Return where a delivery came from, before its body is read.

    Raises Rejection: `untrusted_origin` if the exchange is no platform's, `untrusted_publisher` if
    the platform lists its publishers and `user_id` is not one. Under `trust: open` any exchange
    will do, and publishers are judged when the platform is settled.
    """
    platform = platform_of(exchange, prefix)
    if table.trust is Trust.OPEN:
        return Origin(platform, user_id or None, verified=False)
    if platform is None:
        detail = f"exchange {exchange!r} is no platform's"
        raise Rejection(DeadReason.UNTRUSTED_ORIGIN, detail)
    return _judge_publisher(Origin(platform, user_id or None, verified=False), table)


def settle_platform(origin: Origin, stated: PlatformName | None, table: RoutingTable) -> Origin:
    """Return the origin with the platform it is from, given the one that the message states.

    Raises Rejection: `platform_mismatch` if they differ and the exchange decides, `malformed` if
    neither names a platform, `untrusted_publisher` as `judge_origin` does.
    """
    vouched = origin.platform
    if table.trust is Trust.OPEN:
        settled = replace(origin, platform=_more_exact(vouched, stated))
        return _judge_publisher(settled, table)
    if vouched and stated and stated.platform != vouched.platform:
        detail = f"the body says {stated.platform}, the exchange is {vouched.platform}'s"
        raise Rejection(DeadReason.PLATFORM_MISMATCH, detail)
    return replace(origin, platform=_more_exact(vouched, stated))


@lru_cache(maxsize=1024)
def platform_of(exchange: str, prefix: str) -> PlatformName | None:
    """Return the platform whose exchange this is, None if it is no platform's."""
    start = prefix + EXCHANGE
    if not exchange.startswith(start):
        return None
    try:
        name = PlatformName.parse(exchange.removeprefix(start))
    except ValueError:
        return None
    return None if name.platform in RESERVED else name


def _more_exact(vouched: PlatformName | None, stated: PlatformName | None) -> PlatformName | None:
    # An instance that the exchange vouches for is not the body's to change.
    if stated is None:
        return vouched
    if vouched and vouched.instance and vouched.platform == stated.platform:
        return vouched
    return stated


def _judge_publisher(origin: Origin, table: RoutingTable) -> Origin:
    if origin.platform is None:
        detail = "neither the exchange nor the body names a platform"
        raise Rejection(DeadReason.MALFORMED, detail)
    platform = origin.platform.platform
    listed = table.publishers.get(platform)
    if listed is None:
        return origin
    if origin.publisher is None:
        detail = f"{platform} lists its publishers, and the message has no user_id"
        raise Rejection(DeadReason.UNTRUSTED_PUBLISHER, detail)
    if origin.publisher not in listed:
        detail = f"user {origin.publisher!r} is not one of {platform}'s publishers"
        raise Rejection(DeadReason.UNTRUSTED_PUBLISHER, detail)
    return replace(origin, verified=True)
