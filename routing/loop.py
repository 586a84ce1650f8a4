"""Messages that would go round for ever."""

from collections.abc import Collection

from contracts import DeadReason, InboundMessage, PlatformName
from routing.people import CRON
from routing.rejection import Rejection
from routing.sender import sender_ids


def refuse_loop(
    message: InboundMessage,
    platform: PlatformName,
    hub_platforms: Collection[str],
    max_hops: int,
) -> None:
    """Raise Rejection, `loop`, for what has been passed on too often, and for an echo."""
    if message.hops > max_hops:
        raise Rejection(DeadReason.LOOP, f"{message.hops} hops, {max_hops} are allowed")
    if is_echo(message, platform, hub_platforms):
        raise Rejection(DeadReason.LOOP, "an echo: the sender is the agent addressed")


def is_echo(
    message: InboundMessage, platform: PlatformName, hub_platforms: Collection[str]
) -> bool:
    """Tell whether the sender is the agent addressed: the same id, as text, and both stated."""
    agent = message.agent_id
    # What an agent has the scheduler tell it later is no echo.
    if not agent or platform.platform == CRON:
        return False
    return agent in sender_ids(message.source, platform, hub_platforms)
