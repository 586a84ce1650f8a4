"""`pointsman top`: the whole deployment, live."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.line_width import line_width
from worker.cli.output_format import OutputFormat
from worker.cli.setting_options import with_setting_options
from worker.cli.while_importing import while_importing
from worker.config_file import load_config
from worker.failure import FINDINGS, CommandFailed

if TYPE_CHECKING:
    from worker.overview.overview import Overview

_PIPED = 120
_FILE = "console_token_file"


@with_setting_options("amqp_url", "prefix", "heartbeat", "publish_timeout", "console_token_file")
def top(
    config: ConfigOption = DEFAULT_CONFIG,
    once: Annotated[
        bool, typer.Option("--once", help="Show one picture and end; so does a pipe.")
    ] = False,
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
    http: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Ask a worker's console instead, such as http://127.0.0.1:8080."
        ),
    ] = None,
    **flags: Any,
) -> None:
    """Show the deployment at work: flows, rates, latency, dead letters, partitions, workers.

    Sums what all workers publish about themselves once a second, and takes nothing
    from any other queue. Counts are those since the workers started; rates are
    per second, over the last five. What is wrong stands first. q or Ctrl-C ends it.

    With `--format json` it writes a line a second, or with --once one document.
    With --http it needs no broker and no configuration; --console-token-file is for
    a console that wants a token.

    Exit codes: 0 fine, or ended by q or Ctrl-C, 1 with --once: a problem, or no worker
    is heard, 2 usage, 3 broker, credentials or console, 4 the exchange is another one.

    Example:  pointsman top

    Example:  pointsman top --once --format json
    """
    source = _from_exchange(config, flags) if http is None else _from_console(http, flags)
    if once or (output is OutputFormat.TEXT and not sys.stdout.isatty()):
        _show_one(asyncio.run(_one(source)), output)
        return
    from worker.cli.top_display import follow, write_lines  # noqa: PLC0415

    asyncio.run(write_lines(source) if output is OutputFormat.JSON else follow(source))


def _from_exchange(config: Any, flags: dict[str, str | None]) -> "AsyncGenerator[Overview, None]":
    settings = load_config(config, os.environ).settings(flags, os.environ)
    # Not above: AMQP takes longer to import than a usage error takes to tell.
    with while_importing():
        from worker.cli.heard_overviews import heard_overviews  # noqa: PLC0415
        from worker.log import silence_libraries  # noqa: PLC0415

    silence_libraries()
    return heard_overviews(settings)


def _from_console(url: str, flags: dict[str, str | None]) -> "AsyncGenerator[Overview, None]":
    file = flags.pop(_FILE) or os.environ.get(f"POINTSMAN_{_FILE.upper()}")
    if any(flags.values()):
        raise CommandFailed("--http asks a console: settings of a broker count for nothing")
    with while_importing():
        from worker.cli.console_overviews import console_overviews  # noqa: PLC0415

    return console_overviews(url, file)


async def _one(source: "AsyncGenerator[Overview, None]") -> "Overview":
    """Return an overview in which everybody who is there has been heard twice."""
    from worker.overview.deployment import PATIENCE  # noqa: PLC0415

    try:
        async for overview in source:
            if overview.listened >= PATIENCE:
                return overview
        raise CommandFailed("no overview came", FINDINGS)
    finally:
        await source.aclose()


def _show_one(overview: "Overview", output: OutputFormat) -> None:
    from worker.cli.top_view import picture  # noqa: PLC0415

    if output is OutputFormat.JSON:
        sys.stdout.write(json.dumps(overview.to_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        console = Console(highlight=False, width=line_width(_PIPED))
        console.print(picture(overview, console.width, None))
    if not any(worker.state not in {"silent", "left"} for worker in overview.workers):
        raise CommandFailed(
            "no worker is heard: does one run with this broker, virtual host and prefix?", FINDINGS
        )
    if any(problem.severity == "problem" for problem in overview.problems):
        raise typer.Exit(FINDINGS)
