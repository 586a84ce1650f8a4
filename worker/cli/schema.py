"""`pointsman schema`: the JSON Schemas of what comes in and what goes out."""

import json
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from contracts.schema import CONTRACTS, json_schema, schema_text
from worker.failure import CommandFailed


def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help=f"One of {', '.join(CONTRACTS)}; without it, all."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Write NAME.json files there instead of printing."
        ),
    ] = None,
) -> None:
    """Print the JSON Schemas (2020-12) of inbound messages and turn jobs.

    With a name that schema alone; without one, an object of all of them by name.

    Example:  pointsman schema turn_job.v1
    """
    if name is not None and name not in CONTRACTS:
        raise CommandFailed(f"there is no schema {name!r}: {_hint(name)}")
    if output is not None:
        _write(list(CONTRACTS) if name is None else [name], output)
    elif name is not None:
        sys.stdout.write(schema_text(name))
    else:
        every = {known: json_schema(known) for known in CONTRACTS}
        sys.stdout.write(json.dumps(every, indent=2, ensure_ascii=False) + "\n")


def _hint(name: str) -> str:
    close = get_close_matches(name, CONTRACTS, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {' and '.join(CONTRACTS)}"


def _write(names: list[str], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = folder / f"{name}.json"
            path.write_text(schema_text(name), encoding="utf-8")
            sys.stdout.write(f"{path}\n")
    except OSError as error:
        raise CommandFailed(f"cannot write to {folder}: {error.strerror}") from None
