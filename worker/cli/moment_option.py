"""The `--at` of commands that decide."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from worker.failure import CommandFailed

AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="RFC3339",
        help="Decide as at this time, such as 2026-01-31T22:00:00Z; now if not given.",
    ),
]


def moment(at: str | None) -> datetime | None:
    """Return the moment that was given, None for none. Raises CommandFailed."""
    if at is None:
        return None
    try:
        read = datetime.fromisoformat(at)
        return read.astimezone(UTC) if read.tzinfo else _refuse(at)
    except (ValueError, OverflowError):
        return _refuse(at)


def _refuse(at: str) -> datetime:
    raise CommandFailed(
        f"--at {at!r} is not a time with its zone, such as 2026-01-31T22:00:00Z"
    ) from None
