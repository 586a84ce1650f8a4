"""`pointsman topology`: what has to exist on the broker."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from worker.amqp.errors import BrokerError, TopologyMismatch
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.line_width import line_width
from worker.cli.output_format import OutputFormat
from worker.cli.read_settings import read_settings
from worker.cli.setting_options import with_setting_options
from worker.config_file import load_config
from worker.failure import BROKER, TOPOLOGY, CommandFailed
from worker.settings import Settings
from worker.topology import Topology, plan_topology

app = typer.Typer()

_WIDE = 400
_Format = Annotated[OutputFormat, typer.Option("--format")]
_SHAPE = (
    "prefix",
    "partitions",
    "queue_type",
    "turns_single_active",
    "turns_max_length",
    "isolated_max_length",
    "isolated_max_bytes",
)
"""The settings that exchanges and queues depend on."""


@app.callback(invoke_without_command=True)
@with_setting_options(*_SHAPE)
def topology(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    output: _Format = OutputFormat.TEXT,
    **flags: Any,
) -> None:
    """Show the exchanges, queues and bindings that the table and settings ask for.

    Needs no broker. `topology apply` declares them.

    Example:  pointsman topology --prefix blue. --format json
    """
    if context.invoked_subcommand is None:
        _show(config, output, flags)
        return
    for option in context.command.params:
        source = option.name and context.get_parameter_source(option.name)
        if source and source.name == "COMMANDLINE":
            raise CommandFailed(
                f"{option.opts[0]} before `{context.invoked_subcommand}` would count for nothing:"
                " give it at the end"
            )


@app.command()
@with_setting_options(*_SHAPE)
def show(
    config: ConfigOption = DEFAULT_CONFIG, output: _Format = OutputFormat.TEXT, **flags: Any
) -> None:
    """Show the topology, as `topology` alone does.

    Example:  pointsman topology show --format json
    """
    _show(config, output, flags)


def _show(config: Path, output: OutputFormat, flags: Mapping[str, str | None]) -> None:
    _, planned = _plan(config, flags)
    if output is OutputFormat.JSON:
        typer.echo(json.dumps(_as_json(planned), indent=2))
    else:
        _print(planned)


@app.command()
@with_setting_options("amqp_url", *_SHAPE)
def apply(config: ConfigOption = DEFAULT_CONFIG, **flags: Any) -> None:
    """Declare the topology on the broker, as `run` does at its start.

    Nothing is changed or deleted; what exists otherwise is reported, exit code 4.

    Example:  pointsman topology apply --amqp-url amqp://user:password@broker/
    """
    settings, planned = _plan(config, flags)
    # Not above: these take longer to import than `show` takes to show.
    from worker.amqp.apply_topology import apply_topology  # noqa: PLC0415
    from worker.log import silence_libraries  # noqa: PLC0415

    silence_libraries()
    try:
        asyncio.run(apply_topology(settings, planned))
    except TopologyMismatch as error:
        raise CommandFailed("\npointsman: ".join(error.mismatches), TOPOLOGY) from None
    except BrokerError as error:
        raise CommandFailed(str(error), BROKER) from None
    typer.echo(
        f"declared {len(planned.exchanges)} exchanges, {len(planned.queues)} queues,"
        f" {len(planned.bindings)} bindings"
    )


def _plan(config: Path, flags: Mapping[str, str | None]) -> tuple[Settings, Topology]:
    loaded = load_config(config, os.environ)
    settings = read_settings(loaded, flags)
    return settings, plan_topology(loaded.table, settings)


def _as_json(topology: Topology) -> dict[str, Any]:
    return {
        "exchanges": [
            {"name": exchange.name, "type": exchange.kind, "durable": True}
            for exchange in topology.exchanges
        ],
        "queues": [
            {"name": queue.name, "durable": True, "arguments": queue.arguments}
            for queue in topology.queues
        ],
        "bindings": [
            {
                "source": binding.source,
                "destination": binding.destination,
                "destination_type": "exchange" if binding.to_exchange else "queue",
                "routing_key": binding.routing_key,
            }
            for binding in topology.bindings
        ],
    }


def _print(topology: Topology) -> None:
    # Names are copied into other commands, so they are never cut.
    console = Console(width=line_width(_WIDE))
    exchanges = _table("Exchanges", "exchange", "type")
    for exchange in topology.exchanges:
        exchanges.add_row(exchange.name, exchange.kind)
    queues = _table("Queues", "queue", "arguments")
    for queue in (*topology.consumed.values(), *topology.turns, topology.dead):
        queues.add_row(queue.name, "  ".join(f"{k}={_word(v)}" for k, v in queue.arguments.items()))
    bindings = _table("Bindings", "from", "to", "routing key")
    for binding in topology.bindings:
        bindings.add_row(binding.source, binding.destination, binding.routing_key)
    for table in (exchanges, queues, bindings):
        console.print(table)


def _table(title: str, *heads: str) -> Table:
    columns = (Column(head, overflow="fold") for head in heads)
    return Table(*columns, title=title, title_justify="left")


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
