"""Dead letters as people are shown them. Whatever a letter says, it does nothing to a terminal."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from worker.cli.folded import Folded
from worker.cli.kept_rows import KeptRows
from worker.cli.letter_count import letters
from worker.cli.line_width import line_width
from worker.cli.plain import plain
from worker.dead.groups import Group, Groups
from worker.dead.letter import Letter
from worker.dead.shown_letter import (
    json_text,
    masked,
    shown_body,
    shown_headers,
    shown_properties,
)
from worker.dead.wanted import NONE

_WIDE = 200
_MOST = 300
"""Characters of a text in a list."""
_MOST_BODY = 8_000
_MOST_VALUE = 1_000
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def show_groups(groups: Groups, waiting: int, now: datetime) -> None:
    """Print a row for each group."""
    heads = ("reason", "platform", "route", "oldest", "newest", "fingerprint")
    table = _table(Column("letters", justify="right"), *map(Column, heads), _last("detail"))
    for group in groups:
        table.add_row(*_cells(group_row(group, now)), Folded(_text(group.detail)))
    console = Console(width=line_width(_WIDE), highlight=False)
    if groups.count:
        console.print(table)
    console.print(_text(_total(groups.count, waiting)))


def group_row(group: Group, now: datetime) -> tuple[str, ...]:
    """Return what a group's row says before its detail."""
    return (
        f"{group.count:,}",
        group.reason,
        group.platform or NONE,
        group.route or NONE,
        age(group.oldest, now),
        age(group.newest, now),
        group.fingerprint or NONE,
    )


def letter_row(letter: Letter, now: datetime) -> tuple[str, ...]:
    """Return what a letter's row says."""
    said = (
        letter.id,
        age(letter.at, now),
        letter.reason,
        letter.platform or NONE,
        letter.source_kind or NONE,
        letter.route or NONE,
        str(letter.attempt or NONE),
        f"{len(letter.body):,}",
        masked(letter.detail),
    )
    return tuple(_cut(each) for each in said)


def show_rows(rows: KeptRows, waiting: int) -> None:
    """Print a row for each letter, oldest first, with no more room than the rows have."""
    heads = ("id", "age", "reason", "platform", "source kind", "route", "attempt", "bytes")
    widths = [*map(max, map(len, heads), rows.widths)] if rows.widths else [*map(len, heads)]
    for row in chain([(*heads, "detail")], rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        sys.stdout.write(f"{'  '.join(cells)}  {row[-1]}".rstrip() + "\n")
    sys.stdout.write(_total(len(rows), waiting) + "\n")


def show_letter(letter: Letter, now: datetime) -> None:
    """Print all about one letter: facts, properties, headers and body."""
    console = Console(width=line_width(_WIDE), highlight=False)
    table = Table.grid(padding=(0, 2))
    for name, value in _facts(letter, now):
        table.add_row(Text(name, style="bold"), Folded(_text(value)))
    for title, values in (
        ("properties", shown_properties(letter)),
        ("headers", shown_headers(letter)),
    ):
        for name, value in values.items():
            told = value if isinstance(value, str) else json_text(value)
            label = Text(title if name == next(iter(values)) else "", style="bold")
            table.add_row(label, Folded(_text(f"{name}: {_bounded(told, _MOST_VALUE)}")))
    console.print(table)
    console.print(Text("body", style="bold"))
    for line in body_lines(letter):
        console.print(Text(line), soft_wrap=True)


def body_lines(letter: Letter) -> Iterator[str]:
    """Yield the body's lines: JSON for people to read, else text, cut where it is very long."""
    body, is_json = shown_body(letter)
    text = json_text(body) if is_json else str(body)
    yield from (plain(line) for line in text[:_MOST_BODY].splitlines())
    if len(text) > _MOST_BODY:
        yield f"… {len(text) - _MOST_BODY:,} more characters: --body writes all of it"


def age(at: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in one unit."""
    if at is None:
        return NONE
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return "0s"


def _facts(letter: Letter, now: datetime) -> Iterable[tuple[str, str]]:
    at = letter.at and f"{letter.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}, {age(letter.at, now)} ago"
    said: dict[str, Any] = {
        "id": letter.id,
        "reason": letter.reason,
        "detail": masked(letter.detail),
        "fingerprint": letter.fingerprint,
        "died": at,
        "was": letter.shape.value,
        "platform": letter.platform,
        "source kind": letter.source_kind,
        "route": letter.route,
        "attempt": letter.attempt,
        "exchange": letter.exchange,
        "routing key": letter.routing_key,
        "queue": letter.queue,
        "bytes": f"{len(letter.body):,}",
    }
    return (
        (name, _bounded(str(v), _MOST_VALUE)) for name, v in said.items() if v not in (None, "")
    )


def _total(count: int, waiting: int) -> str:
    return letters(count) if count == waiting else f"{letters(count)}, of {waiting:,}"


def _table(*columns: Column) -> Table:
    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _last(head: str) -> Column:
    return Column(head, overflow="fold")


def _cells(row: Iterable[str]) -> Iterator[Folded]:
    return (Folded(_text(each)) for each in row)


def _text(text: str) -> Text:
    return Text("\n".join(plain(line) for line in _bounded(text, 20_000).split("\n")))


def _cut(text: str) -> str:
    return plain(_bounded(text, _MOST))


def _bounded(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
