"""A message that was dead and comes once more."""

from dataclasses import dataclass

from contracts import SourceKind


@dataclass(frozen=True, slots=True)
class Redriven:
    """What was found of a message when it came first, as operators vouch for it."""

    source_kind: SourceKind | None
    """None where it died before anybody knew."""
