"""The options by which commands choose letters."""

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer

from routing.duration import parse_duration
from worker.dead.wanted import Wanted
from worker.failure import CommandFailed

_Command = TypeVar("_Command", bound=Callable[..., Any])

_DAY = 86_400
_DAYS = re.compile(r"(\d+(?:\.\d+)?)\s*d", re.ASCII)
_PANEL = "Which letters (all, if none of these is given; - is for what a letter does not say)"
_LISTS = {
    "reason": "Why they are dead, such as malformed. Again for one more, as for all of these.",
    "platform": "Their platform.",
    "route": "The rule that made the job.",
    "source_kind": "owner, hub_peer, stranger or cron.",
    "fingerprint": "Their kind of problem, as `list` shows it.",
    "id": "The letters themselves, or how their ids begin.",
}
_TIMES = {
    "older_than": ("AGE", "Dead for longer than this, such as 90m, 12h or 7d."),
    "newer_than": ("AGE", "Dead for less than this."),
    "before": ("RFC3339", "Dead before this time, such as 2026-01-31T22:00:00Z."),
    "after": ("RFC3339", "Dead at this time or later."),
}


def with_letter_options(command: _Command) -> _Command:
    """Give a command these options; it takes them as keyword arguments, for `wanted`."""
    own = inspect.signature(command)
    kept = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    rest = [p for p in own.parameters.values() if p.kind is p.VAR_KEYWORD]
    added = [
        *(_option(name, "TEXT", help_, list[str] | None) for name, help_ in _LISTS.items()),
        *(_option(name, metavar, help_, str | None) for name, (metavar, help_) in _TIMES.items()),
    ]
    command.__signature__ = own.replace(parameters=[*kept, *added, *rest])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (*kept, *added)}
    return command


def wanted(flags: dict[str, Any]) -> Wanted:
    """Take the options out of a command's keyword arguments. Raises CommandFailed."""
    lists = {name: tuple(flags.pop(name) or ()) for name in _LISTS}
    times = {name: flags.pop(name) for name in _TIMES}
    now = datetime.now(UTC)
    since = [_moment(times["after"], "--after"), _ago(times["newer_than"], "--newer-than", now)]
    until = [_moment(times["before"], "--before"), _ago(times["older_than"], "--older-than", now)]
    return Wanted(
        reasons=frozenset(lists["reason"]),
        platforms=frozenset(lists["platform"]),
        routes=frozenset(lists["route"]),
        source_kinds=frozenset(lists["source_kind"]),
        fingerprints=beginnings(lists["fingerprint"], "--fingerprint"),
        ids=beginnings(lists["id"], "--id"),
        after=max(filter(None, since), default=None),
        before=min(filter(None, until), default=None),
    )


def _option(name: str, metavar: str, help_: str, kind: Any) -> inspect.Parameter:
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        metavar=metavar,
        help=help_,
        show_default=False,
        rich_help_panel=_PANEL,
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


def beginnings(texts: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Return hex digits that begin an id or a fingerprint. Raises CommandFailed."""
    lowered = tuple(text.strip().lower() for text in texts)
    for text in lowered:
        if not text or set(text) - set("0123456789abcdef"):
            raise CommandFailed(f"{option} takes hex digits, as `dead list` shows them")
    return lowered


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise CommandFailed(f"{option} {text!r} is not a time with its zone: 2026-01-31T22:00:00Z")


def _ago(text: str | None, option: str, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        days = _DAYS.fullmatch(text.strip())
        seconds = float(days[1]) * _DAY if days else parse_duration(text)
        return now - timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise CommandFailed(f"{option} {text!r} is not an age such as 90m, 12h or 7d") from None
