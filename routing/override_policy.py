"""What a message may choose for itself."""

from enum import StrEnum


class OverridePolicy(StrEnum):
    """What the `override` of a message from one source kind may name (design: overrides)."""

    ANY = "any"
    """Every model and every runtime the table knows."""
    LISTED = "listed"
    """Models only: the base's, the matched rule's, and those in `models:`."""
    NONE = "none"
