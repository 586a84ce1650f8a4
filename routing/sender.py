"""Who a message says it is from."""

from collections.abc import Collection, Iterator

from contracts import PlatformName, Source

_NO_SOURCE = Source()


def sender_ids(
    source: Source | None, platform: PlatformName, hub_platforms: Collection[str]
) -> Iterator[str]:
    """Yield the ids a sender goes by, the most telling one first.

    A hub peer without a user id is its platform's instance: `hub:slate` is slate.
    """
    source = source or _NO_SOURCE
    if source.user_id:
        yield source.user_id
    if source.user_id_alt:
        yield source.user_id_alt
    if not source.participant and platform.instance and platform.platform in hub_platforms:
        yield platform.instance


def sender(source: Source | None, platform: PlatformName, hub_platforms: Collection[str]) -> str:
    """Return who wrote; where nobody says, the chat it came from, or `""`."""
    named = next(sender_ids(source, platform, hub_platforms), None)
    return named or (source and source.chat_id) or ""
