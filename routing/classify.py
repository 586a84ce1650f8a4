"""Who is talking: the source kind of a message."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from contracts import InboundMessage, PlatformName, Source, SourceKind
from routing.redriven import Redriven
from routing.table import RoutingTable

_CLAIM = "source_kind"


@dataclass(frozen=True, slots=True)
class Classification:
    """A source kind, and why it is that."""

    source_kind: SourceKind
    why: str
    claim_ignored: bool = False
    """The body said a source kind of its own, and it was not obeyed (counted)."""


_CRON = Classification(SourceKind.CRON, "the platform is cron")
_HUB_PEER = Classification(SourceKind.HUB_PEER, "the platform is one of hub_platforms")
_TERMINAL = Classification(SourceKind.OWNER, "the platform is cli")
_HOME = Classification(SourceKind.OWNER, "a DM in the platform's home channel")
_LISTED = Classification(SourceKind.OWNER, "a DM from a user in owners")
_SPOOFABLE = Classification(SourceKind.STRANGER, "ids can be forged on this platform")
_NO_DM = Classification(SourceKind.STRANGER, "not stated to be a DM")
_OTHER = Classification(SourceKind.STRANGER, "a DM, but neither the home channel nor in owners")
_NOT_BEFORE = Classification(SourceKind.STRANGER, "redriven, and not the kind that it was before")
_CLAIMED = Classification(SourceKind.STRANGER, "the message says stranger, which lowers trust")


def classify(
    message: InboundMessage,
    platform: PlatformName,
    table: RoutingTable,
    *,
    signed: bool = False,
    redriven: Redriven | None = None,
) -> Classification:
    """Return the source kind of a message from `platform`, the settled one.

    What the body claims about it is ignored, unless it is `stranger`. `signed` says that somebody
    who has the platform's key wrote the message: then its ids are as good as anywhere. A `redriven`
    message is what it was, or a stranger's.
    """
    source = message.source or Source()
    computed = _classify(source, platform.platform, table, signed=signed)
    if redriven is not None and redriven.source_kind is not computed.source_kind:
        computed = _NOT_BEFORE
    claims = list(_claims(message, source))
    if not claims:
        return computed
    ignored = any(claim != SourceKind.STRANGER for claim in claims)
    if SourceKind.STRANGER in claims:
        computed = _CLAIMED
    return replace(computed, claim_ignored=ignored)


def _classify(
    source: Source, platform: str, table: RoutingTable, *, signed: bool
) -> Classification:
    # In this order: a message from a hub is never the owner's.
    if platform == "cron":
        return _CRON
    if platform in table.hub_platforms:
        return _HUB_PEER
    if platform == "cli":
        return _TERMINAL
    if platform in table.spoofable_platforms and not signed:
        return _SPOOFABLE
    if source.chat_type != "dm":
        return _NO_DM
    if _is_home(source, platform, table):
        return _HOME
    if source.user_id and source.user_id in table.owners.get(platform, ()):
        return _LISTED
    return _OTHER


def _is_home(source: Source, platform: str, table: RoutingTable) -> bool:
    home = table.home_channels.get(platform)
    if home is None or not source.chat_id or source.chat_id != home.chat_id:
        return False
    return home.thread_id is None or source.thread_id == home.thread_id


def _claims(message: InboundMessage, source: Source) -> Iterator[object]:
    for extra in (message.model_extra, source.model_extra):
        claim = extra.get(_CLAIM) if extra else None
        if claim is not None and claim != "":
            yield claim
