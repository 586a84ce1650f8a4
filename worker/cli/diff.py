"""`pointsman diff`: which messages another table sends elsewhere."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from routing.changed_settings import ChangedSetting, changed_settings
from routing.difference import difference
from routing.same_keys import with_keys_named_as_in
from routing.trust import Trust
from worker.cli.diff_json import contexts_as_json, messages_as_json
from worker.cli.diff_view import show_contexts, show_messages
from worker.cli.input_lines import input_lines
from worker.cli.moment_option import AtOption, moment
from worker.cli.output_format import OutputFormat
from worker.compare_lines import BadLines, Side, compare_lines
from worker.config_file import Config, check_file
from worker.failure import FINDINGS, USAGE, CommandFailed
from worker.pipeline.pipeline import Limits

_MOST = 10_000


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The table as it is.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The table as it is to be.")],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="JSON lines with messages, such as `route` takes; - is standard input.",
        ),
    ] = None,
    at: AtOption = None,
    trust: Annotated[
        Trust | None,
        typer.Option(help="Instead of the tables'. Bare messages need `open`."),
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=_MOST, help="How many ways to show.")
    ] = 50,
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
) -> None:
    """Show which messages go elsewhere by another table, from where to where.

    Without --against: which contexts do, as far as the rules tell, and which
    settings changed that move messages. With it: which of these messages do.
    Where a message goes is its runtime, fallbacks, queue, priority, expiry,
    variant, source kind and conversation, or why it is dead; what its rule is
    called, and that rule's place, are not. A table's own tests are not run.

    Exit codes: 0 nothing goes elsewhere, 1 something does, 2 a table has errors
    or FILE holds no message.

    Example:  pointsman diff pointsman.yaml new.yaml

    Example:  pointsman diff pointsman.yaml new.yaml --against captured.jsonl

    Example:  pointsman diff <(git show HEAD:pointsman.yaml) pointsman.yaml
    """
    now = moment(at)
    if against is None and (now is not None or trust is not None):
        raise CommandFailed("--at and --trust are for messages: give them with --against FILE")
    sides = _read(old, new, trust)
    if against is None:
        moved = _contexts(*sides, limit, output)
    else:
        moved = _messages(*sides, against, now or datetime.now(UTC), limit, output)
    if moved:
        raise typer.Exit(FINDINGS)


def _contexts(old: Side, new: Side, limit: int, output: OutputFormat) -> bool:
    found = difference(old.table, new.table)
    settings = (*changed_settings(old.table, new.table), *_limits(old, new))
    if output is OutputFormat.JSON:
        _print_json(contexts_as_json(found, settings, limit))
    else:
        show_contexts(found, settings, limit)
    return bool(settings) or not found.is_none


def _messages(
    old: Side, new: Side, file: str, now: datetime, limit: int, output: OutputFormat
) -> bool:
    tally, bad = compare_lines(input_lines(file), old, new, now, _progress)
    if not tally.messages:
        raise CommandFailed(f"{'standard input' if file == '-' else file}: {_no_message(bad)}")
    if output is OutputFormat.JSON:
        _print_json(messages_as_json(tally, bad, limit))
    else:
        show_messages(tally, bad, limit)
    return bool(tally.moved)


def _read(old: Path, new: Path, trust: Trust | None) -> tuple[Side, Side]:
    checked = [check_file(path, os.environ) for path in (old, new)]
    configs = [file.config for file in checked]
    for file, config in zip(checked, configs, strict=True):
        for problem in file.problems if config is None else ():
            sys.stderr.write(f"{problem.render(file.name)}\n")
    before, after = configs
    if before is None or after is None:
        raise typer.Exit(USAGE)
    table = with_keys_named_as_in(before.written_keys, after.table, after.written_keys)
    after = replace(after, table=table)
    return _side(before, trust), _side(after, trust)


def _side(config: Config, trust: Trust | None) -> Side:
    settings = config.settings({}, os.environ)
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    table = replace(config.table, trust=trust) if trust else config.table
    return Side(table, limits, settings.prefix)


def _limits(old: Side, new: Side) -> Iterator[ChangedSetting]:
    for name, before, after in (
        ("prefix", old.prefix, new.prefix),
        ("max_body", old.limits.max_body, new.limits.max_body),
        ("max_hops", old.limits.max_hops, new.limits.max_hops),
    ):
        if before != after:
            yield ChangedSetting(f"worker.{name}", before, after)


def _no_message(bad: BadLines) -> str:
    if not bad.count:
        return "it holds no messages, so nothing was compared"
    line, why = bad.examples[0]
    return f"no line holds a message; line {line}: {why}"


def _progress(lines: int) -> None:
    sys.stderr.write(f"{lines:,} lines\n")


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
