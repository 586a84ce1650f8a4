"""Which limits a message counts against, and with whom."""

from dataclasses import dataclass

from contracts import InboundMessage, PlatformName, SourceKind
from routing.limit import Limit, Over, Scope
from routing.sender import sender
from routing.table import RoutingTable

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Charge:
    """One token, from one bucket of a limit."""

    limit: Limit
    key: tuple[str, ...]
    """Which of the limit's buckets: the platform, then who is counted."""

    @property
    def who(self) -> str:
        """Who is counted, in a few words for people."""
        platform, *people = self.key
        shown = " and ".join(_short(each) for each in people)
        return f"{shown} on {platform}" if people else platform


def charges(
    message: InboundMessage, platform: PlatformName, source_kind: SourceKind, table: RoutingTable
) -> tuple[Charge, ...]:
    """Return what a turn of a message costs; nothing where its kind is under no limit.

    A message from a hub's platform that says `stranger` costs what either kind does.
    """
    limits = table.limits.get(source_kind, ())
    # Nobody gets around a limit by claiming less trust.
    if source_kind is SourceKind.STRANGER and platform.platform in table.hub_platforms:
        limits += table.limits.get(SourceKind.HUB_PEER, ())
    return tuple(Charge(limit, _key(limit.scope, message, platform, table)) for limit in limits)


def over_limit(charge: Charge) -> str:
    """Return why a message over this limit is dead, in one line."""
    limit = charge.limit
    held = f", and {limit.up_to:g} s is the longest wait" if limit.over is Over.DELAY else ""
    return f"limits.{limit.name}: more than {limit.rate} from {charge.who}{held}"


def _key(
    scope: Scope, message: InboundMessage, platform: PlatformName, table: RoutingTable
) -> tuple[str, ...]:
    if scope is Scope.PER_PLATFORM:
        return (platform.platform,)
    who = sender(message.source, platform, table.hub_platforms)
    if scope is Scope.PER_SENDER:
        return platform.platform, who
    # In one order, so that what they answer counts with what they are asked.
    return platform.platform, *sorted((who, message.agent_id or ""))


def _short(name: str) -> str:
    if not name:
        return "nobody named"
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")
