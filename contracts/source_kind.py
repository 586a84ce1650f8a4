"""Who is asking."""

from enum import StrEnum


class SourceKind(StrEnum):
    """Who a message is from. Computed by the service, never taken from a body."""

    OWNER = "owner"
    HUB_PEER = "hub_peer"
    STRANGER = "stranger"
    CRON = "cron"

    @classmethod
    def _missing_(cls, value: object) -> "SourceKind | None":
        # A reader of a newer contract trusts a kind it does not know no more than a stranger.
        return cls.STRANGER if isinstance(value, str) else None
