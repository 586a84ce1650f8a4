"""What letters would become, and what was redriven, for people and as JSON."""

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from worker.cli.folded import Folded
from worker.cli.letter_count import letters
from worker.cli.line_width import line_width
from worker.cli.output_format import OutputFormat
from worker.cli.plain import plain
from worker.dead.shown_letter import masked

if TYPE_CHECKING:
    from worker.dead.outlook import Fate, Outlook

_WIDE = 200


def show_outlook(
    outlook: "Outlook", refused: Counter[str], output: OutputFormat, *, dry_run: bool
) -> None:
    """Print what letters would become. As JSON only of a dry run: the other has its own."""
    if output is OutputFormat.JSON:
        if dry_run:
            becomes = [_fate_json(fate, count) for fate, count in outlook]
            told = {"dry_run": True, "letters": outlook.count, "becomes": becomes}
            _write_json({**told, "refused": _refused_json(refused)})
        return
    table = Table(
        Column("letters", justify="right"),
        "become",
        Column("by", overflow="fold"),
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for fate, count in outlook:
        table.add_row(f"{count:,}", *map(Folded, map(Text, _fate_words(fate))))
    for why, count in refused.most_common():
        table.add_row(f"{count:,}", Folded(Text("nothing: refused")), Folded(Text(why)))
    console = Console(width=line_width(_WIDE), highlight=False)
    if table.row_count:
        console.print(table)
    sys.stdout.write(f"{letters(outlook.count)} to redrive{_refused_words(refused)}\n")


def show_done(
    redriven: int, refused: Counter[str], output: OutputFormat, *, interrupted: bool
) -> None:
    """Print what was done."""
    if output is OutputFormat.JSON:
        told = {"dry_run": False, "redriven": redriven, "refused": _refused_json(refused)}
        _write_json({**told, "interrupted": interrupted})
        return
    ended = "interrupted: " if interrupted else ""
    sys.stderr.write(f"{ended}{letters(redriven)} redriven{_refused_words(refused)}\n")
    for why, count in refused.most_common():
        sys.stderr.write(f"  {count:,} refused: {why}\n")


def _fate_words(fate: "Fate") -> tuple[str, str]:
    if fate.dead is not None:
        return f"dead again: {fate.dead}", plain(masked(fate.detail))
    return f"a turn in {plain(fate.queue)}", f"{plain(fate.route)}, {fate.source_kind}"


def _fate_json(fate: "Fate", count: int) -> dict[str, Any]:
    if fate.dead is not None:
        return {"letters": count, "dead": fate.dead, "detail": masked(fate.detail)}
    turn = {"queue": fate.queue, "route": fate.route, "source_kind": fate.source_kind}
    return {"letters": count, **turn}


def _refused_json(refused: Counter[str]) -> list[dict[str, Any]]:
    return [{"letters": count, "why": why} for why, count in refused.most_common()]


def _refused_words(refused: Counter[str]) -> str:
    return f", {refused.total():,} refused" if refused else ""


def _write_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=True, indent=2) + "\n")
