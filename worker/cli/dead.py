"""`pointsman dead`: what could not become a turn."""

import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.dead_json import groups_json, letter_json, whole_letter_json
from worker.cli.dead_session import SETTINGS, with_dead_queue
from worker.cli.kept_rows import KeptRows
from worker.cli.letter_options import beginnings, wanted, with_letter_options
from worker.cli.letter_progress import shown_letters
from worker.cli.output_format import OutputFormat
from worker.cli.setting_options import with_setting_options
from worker.config_file import Config
from worker.dead.groups import Groups
from worker.dead.letter import Letter
from worker.dead.wanted import Wanted
from worker.failure import CommandFailed
from worker.settings import Settings

app = typer.Typer(
    help="Look at the dead letters, keep them in a file, put them back, throw them away.",
    no_args_is_help=True,
)
_Format = Annotated[OutputFormat, typer.Option("--format")]
_NONE_SUCH = "no letter has an id that begins with {id}"


@app.command("list")
@with_setting_options(*SETTINGS)
@with_letter_options
def show_list(
    each: Annotated[bool, typer.Option("--each", help="A row for each letter.")] = False,
    output: _Format = OutputFormat.TEXT,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Count the dead letters by reason, platform, route and kind of problem.

    Takes nothing away: every letter stays where it is, in its order. The oldest come first with
    --each; with --format json that is a line for each letter.

    Example:  pointsman dead list --platform telegram --newer-than 1h

    Example:  pointsman dead list --each --format json | jq -r .id
    """
    meant = wanted(flags)
    now = datetime.now(UTC)
    groups = Groups()

    async def look(queue: Any, _config: Config, _settings: Settings) -> int:
        from worker.cli.dead_view import letter_row  # noqa: PLC0415

        async for found in shown_letters(queue, "looking at"):
            if not meant.matches(found.letter):
                continue
            if not each:
                groups.add(found.letter)
            elif output is OutputFormat.JSON:
                rows.add((letter_json(found.letter),))
            else:
                rows.add(letter_row(found.letter, now))
        waiting: int = queue.waiting
        return waiting

    # Not printed before all are there: whoever reads slowly would hold the letters.
    with KeptRows() as rows:
        waiting = with_dead_queue(config, flags, "list", look)
        _print(groups, rows, each, output, waiting, now)


def _print(
    groups: Groups, rows: KeptRows, each: bool, output: OutputFormat, waiting: int, now: datetime
) -> None:
    from worker.cli.dead_view import show_groups, show_rows  # noqa: PLC0415

    if output is OutputFormat.JSON and each:
        sys.stdout.writelines(line for (line,) in rows)
    elif output is OutputFormat.JSON:
        sys.stdout.write(groups_json(groups, waiting))
    elif each:
        show_rows(rows, waiting)
    else:
        show_groups(groups, waiting, now)


@app.command()
@with_setting_options(*SETTINGS)
def show(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="As `list --each` shows it, or how it begins.")
    ],
    body: Annotated[
        bool, typer.Option("--body", help="Write the body alone, as it is, keys included.")
    ] = False,
    output: _Format = OutputFormat.TEXT,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Show all about one letter: why and where it died, its headers and its body.

    What looks like a key is not shown, except with --body.

    Example:  pointsman dead show 3f2a90c1

    Example:  pointsman dead show 3f2a90c1 --body > message.json
    """
    meant = Wanted(ids=beginnings((id,), "ID"))

    async def look(queue: Any, _config: Config, _settings: Settings) -> list[Letter]:
        letters: dict[str, Letter] = {}
        async for found in shown_letters(queue, "looking at"):
            if meant.matches(found.letter) and len(letters) < 2:  # it, or several
                letters[found.letter.id] = found.letter
        return list(letters.values())

    letters = with_dead_queue(config, flags, "show", look)
    if not letters:
        raise CommandFailed(_NONE_SUCH.format(id=id))
    if len(letters) > 1:
        raise CommandFailed(f"several letters have an id that begins with {id}")
    _show(letters[0], body=body, output=output)


def _show(letter: Letter, *, body: bool, output: OutputFormat) -> None:
    from worker.cli.dead_view import show_letter  # noqa: PLC0415

    if body:
        sys.stdout.buffer.write(letter.body)
        sys.stdout.buffer.flush()
    elif output is OutputFormat.JSON:
        sys.stdout.write(whole_letter_json(letter))
    else:
        show_letter(letter, datetime.now(UTC))
