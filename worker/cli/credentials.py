"""`pointsman credentials`: which keys a table refers to, and those written out in it."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from routing.table import RoutingTable
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.output_format import OutputFormat
from worker.config_file import load_config
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
    users = _users(load_config(config, os.environ).table)
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


def _users(table: RoutingTable) -> dict[str, list[str]]:
    """Return reference to the names of what uses it, in the order of the table."""
    users: dict[str, list[str]] = {}
    for reference, name in _uses(table):
        users.setdefault(reference, []).append(name)
    inheriting = sum("credential" not in rule.stated for rule in table.rules)
    if table.base.credential is not None and inheriting:
        count = "1 rule that inherits" if inheriting == 1 else f"{inheriting} rules that inherit"
        users[table.base.credential].insert(1, f"{count} it")
    return users


def _uses(table: RoutingTable) -> Iterator[tuple[str, str]]:
    if table.base.credential is not None:
        yield table.base.credential, "base"
    for rule in table.rules:
        if rule.runtime.credential is not None and "credential" in rule.stated:
            yield rule.runtime.credential, rule.name
    for name, runtime in table.runtimes.items():
        if runtime.credential is not None:
            yield runtime.credential, f"runtimes.{name}"
    for platform, keys in table.signing_keys.items():
        for kid, reference in keys.items():
            yield reference, f"platforms.{platform}.signing_keys.{kid}"
