"""Letters that died of the same thing, counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from worker.dead.fingerprint import kind_of
from worker.dead.letter import Letter

MOST = 10_000
"""Groups. What anybody may publish can be of any number of kinds; further ones are one group."""
OTHERS = "(others)"


@dataclass(slots=True)
class Group:
    """Letters of one reason, platform, route and fingerprint."""

    reason: str
    platform: str | None
    route: str | None
    fingerprint: str
    detail: str
    """What is the same about their details."""
    count: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    def add(self, at: datetime | None) -> None:
        """Count a letter, and when it died."""
        self.count += 1
        if at is not None:
            self.oldest = at if self.oldest is None else min(self.oldest, at)
            self.newest = at if self.newest is None else max(self.newest, at)


class Groups:
    """Counts letters, whatever their number, in bounded room."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str | None, str | None, str], Group] = {}
        self.count = 0

    def add(self, letter: Letter) -> None:
        """Count a letter."""
        self.count += 1
        key = (letter.reason, letter.platform, letter.route, letter.fingerprint)
        if key not in self._groups and len(self._groups) >= MOST:
            key = (OTHERS, None, None, "")
        if (group := self._groups.get(key)) is None:
            detail = kind_of(letter.detail) if key[3] else ""
            group = self._groups[key] = Group(*key, detail)
        group.add(letter.at)

    def __iter__(self) -> Iterator[Group]:
        """Yield the groups, the largest first."""
        yield from sorted(
            self._groups.values(), key=lambda group: (-group.count, group.reason, group.detail)
        )
