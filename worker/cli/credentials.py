"""`pointsman credentials`: which keys a table refers to, and those written out in it."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.output_format import OutputFormat
from worker.config_file import load_config
from worker.credential_uses import credential_uses
from worker.failure import CommandFailed
from worker.private_file import write_private_file

app = typer.Typer(
    help="List the keys that a table refers to; export those written out in it.",
    no_args_is_help=True,
)


@app.command("list")
def show(
    config: ConfigOption = DEFAULT_CONFIG,
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
) -> None:
    """List every credential reference and what uses it. Shows no keys.

    Example:  pointsman credentials list --format json
    """
    users = credential_uses(load_config(config, os.environ).table)
    if output is OutputFormat.JSON:
        sys.stdout.write(json.dumps(users, indent=2) + "\n")
        return
    width = max(map(len, users), default=0)
    for reference, names in users.items():
        sys.stdout.write(f"{reference:{width}}  {', '.join(names)}\n")


@app.command()
def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Replaced if it exists.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the keys that stand in the table to a JSON file for runners, mode 0600.

    The file maps each `config:` reference to its key; contracts.credentials reads it.

    Example:  pointsman credentials export --output /run/secrets/pointsman-keys.json
    """
    keys = load_config(config, os.environ).written_keys
    data = json.dumps(dict(keys), indent=2, ensure_ascii=False).encode() + b"\n"
    try:
        write_private_file(output, data)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandFailed(f"{output}: cannot be written: {why}") from None
    sys.stderr.write(f"{len(keys)} {'key' if len(keys) == 1 else 'keys'} written to {output}\n")
