"""`pointsman routes`: the table as it is tried."""

import json
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console

from routing.overlap import Overlaps, find_overlaps
from routing.rule import Rule
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.line_width import line_width
from worker.cli.read_settings import read_settings
from worker.cli.routes_mermaid import mermaid
from worker.cli.routes_view import show
from worker.cli.setting_options import with_setting_options
from worker.config_file import load_config
from worker.failure import FINDINGS, CommandFailed
from worker.routes_json import as_json
from worker.target_place import host

_WIDE = 400
_MOST_NOTES = 5


class RoutesFormat(StrEnum):
    """For people, for programs, or as a picture."""

    TABLE = "table"
    JSON = "json"
    MERMAID = "mermaid"


@with_setting_options("prefix")
def routes(
    config: ConfigOption = DEFAULT_CONFIG,
    output: Annotated[RoutesFormat, typer.Option("--format")] = RoutesFormat.TABLE,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Only rules that have this in their name, conditions or targets."
        ),
    ] = None,
    **flags: Any,
) -> None:
    """Show the effective table: every rule in the order it is tried, the base last.

    Shorthands are written out, and what a rule inherits is shown with where it
    is from. Notes name rules that both match some messages and differ in what
    becomes of them. `--format mermaid` is a flowchart to paste into a page.

    Exit codes: 0 fine, 1 no rule has the text of --only, 2 the table has errors.

    Example:  pointsman routes --only discord

    Example:  pointsman routes --format mermaid > routes.mmd
    """
    loaded = load_config(config, os.environ)
    table, prefix = loaded.table, read_settings(loaded, flags).prefix
    if output is RoutesFormat.MERMAID:
        if only is not None:
            raise CommandFailed("--only would leave holes in the picture: it is for table and json")
        sys.stdout.write("".join(f"{line}\n" for line in mermaid(table, prefix)))
        return
    chosen = [rule for rule in table.rules if only is None or _mentions(rule, only)]
    names = {rule.name for rule in chosen}
    every = find_overlaps(table)
    kept = (each for each in every.found if {each.first.name, each.second.name} & names)
    overlaps = Overlaps(tuple(kept), every.complete)
    if output is RoutesFormat.JSON:
        shown = as_json(table, chosen, overlaps, prefix)
        sys.stdout.write(json.dumps(shown, indent=2, ensure_ascii=False) + "\n")
    if only is not None and not chosen:
        raise CommandFailed(f"no rule has {only!r} in it", FINDINGS)
    if output is RoutesFormat.JSON:
        return
    # Where nobody reads along, lines may be as long as names are.
    console = Console(highlight=False, width=line_width(_WIDE))
    show(console, table, chosen, _notes(overlaps), prefix)


def _mentions(rule: Rule, text: str) -> bool:
    variants = (variant.name for variant in rule.split)
    said = (rule.name, rule.entry, rule.note or "", *variants, *map(str, rule.match))
    return any(text.lower() in each.lower() for each in (*said, *_values(rule)))


def _values(rule: Rule) -> Iterator[str]:
    """Yield what its targets are, less what every rule has from the base; never a field's name."""
    if rule.denies:
        return
    for variant in (None, *rule.split):
        target = rule.target if variant is None else variant.target
        for name, value in (*target.runtime, ("queue", target.queue)):
            if value is not None and (name == "model" or rule.origin(name, variant) != "base"):
                shown = host(value) if name == "base_url" else value
                yield shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


def _notes(overlaps: Overlaps) -> Iterator[str]:
    # The rules of one entry have one name.
    pairs = {(each.first.name, each.second.name): each for each in overlaps.found}
    for (first, second), each in list(pairs.items())[:_MOST_NOTES]:
        such_as = ", ".join(f"{key} {fact}" for key, fact in each.such_as.items())
        yield f"{first} and {second} can both match; the first wins, as with {such_as}"
    more = len(pairs) - _MOST_NOTES
    if more > 0:
        yield f"{more} more pairs of rules can both match; --format json names them"
    if not overlaps.complete:
        yield "there are too many rules to compare every two of them: there may be more such pairs"
