"""What has become of the table file since the worker began."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TableRefusal:
    """A file that could not take the place of the table in use."""

    at: datetime
    problems: tuple[str, ...]
    """One line each, as `check` has them."""


@dataclass(slots=True)
class TableNews:
    """Filled in by the reloading, read by `/ready`."""

    loaded_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the table in use was taken."""
    refused: TableRefusal | None = None
    """The last refusal; None while the file holds the table in use."""
    restart: tuple[str, ...] = ()
    """The settings that the table states otherwise than the process runs with."""
    left: Mapping[str, int] = field(default_factory=dict)
    """Model queues that have left the table and hold jobs, with how many are ready."""

    def report(self) -> dict[str, Any]:
        """Return the facts, for the body of `/ready`."""
        refused = self.refused
        return {
            "table_loaded_at": _written(self.loaded_at),
            "table_refused": None
            if refused is None
            else {"at": _written(refused.at), "problems": list(refused.problems)},
            "needs_restart": list(self.restart),
            "queues_left": dict(self.left),
        }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
