"""`pointsman import`: a table from the configuration of another gateway."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from routing.document import read_document
from routing.node import Node, is_empty
from routing.problem import Severity
from routing.report import Report
from routing.table_text import MAX_BYTES
from worker.cli.import_view import note_lines, result_lines
from worker.failure import FINDINGS, CommandFailed
from worker.importing.hermes import import_hermes
from worker.importing.imported_table import ImportedTable, NotImportableError
from worker.importing.litellm import import_litellm
from worker.importing.trial import try_text
from worker.importing.yaml_text import yaml_text

_STDOUT = "pointsman.yaml"

app = typer.Typer(
    help="Turn the configuration of another gateway into a table, without its keys.",
    no_args_is_help=True,
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The config.yaml to read.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the table there, not to stdout."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]


@app.command()
def hermes(file: FileArgument, output: OutputOption = None, force: ForceOption = False) -> None:
    """Make a table of the config.yaml of a hermes-agent gateway.

    Reads the model block with routes, platforms and by_source, fallbacks, model
    aliases, home channels, channel overrides, profile routes, the API server's
    model routes and smart_model_routing.

    Standard error says, with its line, what was kept, changed and dropped, and
    what the file does not know. A key becomes a variable, ${NAME}; they are
    listed. The table brings tests, and is checked before it is written.

    Exit codes: 0 made, 2 not made.

    Example:  pointsman import hermes ~/.hermes/config.yaml -o pointsman.yaml
    """
    _import(file, output, import_hermes, "hermes", force=force)


@app.command()
def litellm(
    file: FileArgument,
    default: Annotated[
        str | None,
        typer.Option("--default", metavar="NAME", help="Which model is the base."),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make a table of the config.yaml of a LiteLLM proxy.

    Each deployment of model_list becomes a runtime, each name that clients ask
    for a rule on metadata.model; several deployments of one name are a split, by
    weight, rpm or tpm; fallbacks and aliases are kept. The base is the first
    model, unless --default names another.

    Standard error says, with its line, what was kept, changed and dropped, and
    what the file does not know. A key becomes a variable, ${NAME}; they are
    listed. The table brings tests, and is checked before it is written.

    Exit codes: 0 made, 2 not made.

    Example:  pointsman import litellm config.yaml --default gpt-4o > t.yaml
    """

    def convert(root: Node, now: datetime) -> ImportedTable:
        return import_litellm(root, now, default)

    _import(file, output, convert, "litellm", force=force)


def _import(
    file: Path,
    output: Path | None,
    convert: Callable[[Node, datetime], ImportedTable],
    what: str,
    *,
    force: bool,
) -> None:
    _refuse_to_replace(file, output, force=force)
    now = datetime.now(UTC)
    name = str(file).encode(errors="surrogateescape").decode(errors="replace")
    try:
        imported = convert(_read(file, name), now)
    except NotImportableError as error:
        raise CommandFailed(f"{name}: {error}") from None
    header = (
        f"Made by `pointsman import {what}`. What it could not know is on its standard error.",
    )
    text = yaml_text(imported.document, header)
    trial = try_text(text, now)
    for line in note_lines(imported, name):
        sys.stderr.write(f"{line}\n")
    for line in result_lines(imported, trial, _STDOUT if output is None else str(output)):
        sys.stderr.write(f"{line}\n")
    if not trial.is_sound:
        message = f"{name}: the table that was made of it is not sound, and was not written"
        raise CommandFailed(message, FINDINGS)
    _write(text, output)


def _write(text: str, output: Path | None) -> None:
    sys.stderr.flush()
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        output.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandFailed(f"{output}: cannot be written: {why}") from None


def _refuse_to_replace(file: Path, output: Path | None, *, force: bool) -> None:
    try:
        if output is None or not output.exists():
            return
        if file.exists() and output.samefile(file):
            raise CommandFailed(f"{output} is the file to read; write the table elsewhere")
    except (OSError, ValueError):
        return  # whoever reads or writes it says what is wrong
    if not force:
        raise CommandFailed(f"{output} exists; --force replaces it")


def _read(file: Path, name: str) -> Node:
    try:
        with file.open("rb") as source:
            data = source.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandFailed(f"{name}: cannot be read: {why}") from None
    report = Report()
    root = read_document(data, report)
    if root is None:
        problem = next(iter(report.problems), None)
        raise CommandFailed(f"{name}: it is empty" if problem is None else problem.render(name))
    if is_empty(root):
        raise CommandFailed(f"{name}: it is empty")
    for problem in report.problems:
        if problem.severity is Severity.ERROR:
            # What stands there is not quoted: it may be anything.
            where = f"{name}:{problem.line}"
            sys.stderr.write(f"{where}: dropped: a key that is no text, or stands there twice\n")
    return root
