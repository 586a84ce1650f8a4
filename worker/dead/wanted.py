"""Which letters are meant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.dead.letter import Letter

NONE = "-"
"""Stands for what a letter does not say, such as its platform."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The letters for which all of this is so; what is empty or None asks nothing."""

    reasons: frozenset[str] = frozenset()
    platforms: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    source_kinds: frozenset[str] = frozenset()
    fingerprints: tuple[str, ...] = ()
    """Each a whole fingerprint, or its beginning; so are `ids`."""
    ids: tuple[str, ...] = ()
    after: datetime | None = None
    """They died at this time or later."""
    before: datetime | None = None

    def matches(self, letter: Letter) -> bool:
        """Whether a letter is meant. One that does not say when it died is in no span of time."""
        return (
            _is_among(letter.reason, self.reasons)
            and _is_among(letter.platform, self.platforms)
            and _is_among(letter.route, self.routes)
            and _is_among(letter.source_kind, self.source_kinds)
            and (not self.fingerprints or letter.fingerprint.startswith(self.fingerprints))
            and (not self.ids or letter.id.startswith(self.ids))
            and self._is_in_time(letter.at)
        )

    @property
    def is_all(self) -> bool:
        """Whether every letter is meant."""
        return self == Wanted()

    def words(self) -> str:
        """Return what is asked for, in a few words."""
        asked: dict[str, Any] = {
            "reason": sorted(self.reasons),
            "platform": sorted(self.platforms),
            "route": sorted(self.routes),
            "source kind": sorted(self.source_kinds),
            "fingerprint": self.fingerprints,
            "id": self.ids,
        }
        words = [f"{name} {' or '.join(values)}" for name, values in asked.items() if values]
        words += [f"since {self.after:%Y-%m-%dT%H:%M:%SZ}"] if self.after else []
        words += [f"before {self.before:%Y-%m-%dT%H:%M:%SZ}"] if self.before else []
        return ", ".join(words) or "all"

    def _is_in_time(self, at: datetime | None) -> bool:
        if self.after is None and self.before is None:
            return True
        if at is None or (self.after is not None and at < self.after):
            return False
        return self.before is None or at < self.before


def _is_among(value: str | None, wanted: frozenset[str]) -> bool:
    return not wanted or (NONE if value is None else value) in wanted
