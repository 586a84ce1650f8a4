"""Where a delivery came from, as far as the broker vouches for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from contracts import DeadReason, PlatformName
from routing.redriven import Redriven
from routing.rejection import Rejection
from routing.table import RoutingTable
from routing.trust import Trust

EXCHANGE = "in."
"""What the exchanges of platforms begin with, after the deployment's prefix."""
REDRIVE = f"{EXCHANGE}redrive"
"""Where operators publish what was dead; nobody else may."""
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
    """Whether the platform lists publishers or signing keys, and all that it lists holds."""
    signed: bool = False
    """Whether a key of the platform's signed the message."""
    redriven: Redriven | None = None
    """Set for what operators publish once more: they vouch for its platform."""


CheckSignature = Callable[[str], None]
"""Takes a platform that lists signing keys; raises Rejection (`bad_signature`, or what is wrong
before that) unless one of them signed the message."""


def unsigned(platform: str) -> None:
    """Check the signature of a message that has none."""
    detail = f"{platform} lists signing keys, and the message is not signed"
    raise Rejection(DeadReason.BAD_SIGNATURE, detail)


def judge_origin(
    exchange: str,
    user_id: str | None,
    table: RoutingTable,
    prefix: str = "",
    check_signature: CheckSignature = unsigned,
) -> Origin:
    """Return where a delivery came from, before its body is read.

    Raises Rejection: `untrusted_origin` if the exchange is no platform's, `untrusted_publisher` if
    the platform lists its publishers and `user_id` is not one, and what `check_signature` raises,
    which is asked where the platform lists signing keys. Under `trust: open` any exchange will do,
    and publishers and signatures are judged when the platform is settled.
    """
    platform = platform_of(exchange, prefix)
    if table.trust is Trust.OPEN:
        return Origin(platform, user_id or None, verified=False)
    if platform is None:
        detail = f"exchange {exchange!r} is no platform's"
        raise Rejection(DeadReason.UNTRUSTED_ORIGIN, detail)
    return _vouch(Origin(platform, user_id or None, verified=False), table, check_signature)


def settle_platform(
    origin: Origin,
    stated: PlatformName | None,
    table: RoutingTable,
    check_signature: CheckSignature = unsigned,
) -> Origin:
    """Return the origin with the platform it is from, given the one that the message states.

    Raises Rejection: `platform_mismatch` if they differ and the exchange decides, `malformed` if
    neither names a platform, and what `judge_origin` raises of publishers and signatures. Of a
    redriven message those were judged when it came first, and are not judged again.
    """
    vouched = origin.platform
    if table.trust is Trust.OPEN and origin.redriven is None:
        settled = replace(origin, platform=_more_exact(vouched, stated))
        return _vouch(settled, table, check_signature)
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


def _vouch(origin: Origin, table: RoutingTable, check_signature: CheckSignature) -> Origin:
    """Return the origin, verified if its platform lists anything: then all of it holds."""
    if origin.platform is None:
        detail = "neither the exchange nor the body names a platform"
        raise Rejection(DeadReason.MALFORMED, detail)
    platform = origin.platform.platform
    listed, signed = table.publishers.get(platform), platform in table.signing_keys
    if listed is not None:
        _check_publisher(origin.publisher, listed, platform)
    if signed:
        check_signature(platform)
    if listed is None and not signed:
        return origin
    return replace(origin, verified=True, signed=signed)


def _check_publisher(publisher: str | None, listed: frozenset[str], platform: str) -> None:
    if publisher is None:
        detail = f"{platform} lists its publishers, and the message has no user_id"
        raise Rejection(DeadReason.UNTRUSTED_PUBLISHER, detail)
    if publisher not in listed:
        detail = f"user {publisher!r} is not one of {platform}'s publishers"
        raise Rejection(DeadReason.UNTRUSTED_PUBLISHER, detail)
