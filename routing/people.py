"""Who is who, per platform, as the file says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts import SourceKind
from routing.home_channel import HomeChannel
from routing.node import Place

CRON = "cron"
TERMINAL = "cli"


@dataclass(frozen=True, slots=True)
class People:
    """The top-level sections about platforms. Platforms stand without their instance."""

    hub_platforms: frozenset[str]
    spoofable_platforms: frozenset[str]
    home_channels: Mapping[str, HomeChannel]
    owners: Mapping[str, frozenset[str]]
    publishers: Mapping[str, frozenset[str]]
    isolated_platforms: frozenset[str] = frozenset()
    signing_keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Platform to key id to reference."""
    owner_places: tuple[tuple[str, str, Place], ...] = ()
    """(platform, `home_channel` or `owners`, place) of all that is meant to make an owner."""

    forgeable: frozenset[str] = field(init=False)
    """Every platform whose ids may be forged, because nobody signs its messages."""
    vouched_for: frozenset[str] = field(init=False)
    """Every platform that lists publishers or keys: all of its messages are verified."""
    owner_platforms: frozenset[str] = field(init=False)
    """Every platform from which an owner's message can come."""

    def __post_init__(self) -> None:
        forgeable = self.spoofable_platforms.difference(self.signing_keys)
        object.__setattr__(self, "forgeable", forgeable)
        vouched_for = frozenset({*self.publishers, *self.signing_keys})
        object.__setattr__(self, "vouched_for", vouched_for)
        known = {*self.home_channels, *self.owners} - forgeable
        owning = (known | {TERMINAL}) - self.hub_platforms - {CRON}
        object.__setattr__(self, "owner_platforms", frozenset(owning))

    def platforms_of(self, kind: SourceKind) -> frozenset[str] | None:
        """Return every platform from which a message of this kind can come, None for all.

        A stranger can come from anywhere, because a message may say that it is one.
        """
        match kind:
            case SourceKind.CRON:
                return frozenset({CRON})
            case SourceKind.HUB_PEER:
                return self.hub_platforms - {CRON}
            case SourceKind.OWNER:
                return self.owner_platforms
            case SourceKind.STRANGER:
                return None

    def kinds_on(self, platform: str) -> frozenset[SourceKind]:
        """Return the kinds that messages from a platform have without claiming one."""
        if platform == CRON:
            return frozenset({SourceKind.CRON})
        if platform in self.hub_platforms:
            return frozenset({SourceKind.HUB_PEER})
        if platform == TERMINAL:
            return frozenset({SourceKind.OWNER})
        if platform in self.owner_platforms:
            return frozenset({SourceKind.OWNER, SourceKind.STRANGER})
        return frozenset({SourceKind.STRANGER})
