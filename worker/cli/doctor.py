"""`pointsman doctor`: what is wrong, and what to do about it."""

import asyncio
import os
import sys
from typing import Annotated, Any, Self

import typer
from rich.console import Console

from routing.duration import parse_duration
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.doctor_view import json_lines, print_text
from worker.cli.output_format import OutputFormat
from worker.cli.plain import plain
from worker.cli.setting_options import with_setting_options
from worker.cli.while_importing import while_importing
from worker.doctor.finding import Finding, exit_code
from worker.failure import CommandFailed
from worker.settings import Settings


@with_setting_options(*Settings.names())
def doctor(
    config: ConfigOption = DEFAULT_CONFIG,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 on warnings.")] = False,
    timeout: Annotated[
        str, typer.Option(metavar="DURATION", help="How long the broker may take for an answer.")
    ] = "5s",
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
    **flags: Any,
) -> None:
    """Look for what is wrong: table, keys, broker, permissions, queues, clock, workers, runners.

    Each line is ok, warning or problem, and says what to do. It changes nothing
    on the broker and takes no message, so it can be run beside workers at any
    time. Give it the table, flags and variables that a worker has, or another
    user with --amqp-url. docs/operating.md has more on each line.

    Exit codes: 0 fine or warnings only, 1 something does not work, or warnings
    with --strict, 2 table or settings, 3 broker or credentials, 4 topology.

    Example:  pointsman doctor

    Example:  pointsman doctor --strict --format json --amqp-url amqps://user@broker/
    """
    seconds = _seconds(timeout)
    # Not above: AMQP takes longer to import than `check` takes to check.
    with while_importing():
        from worker.doctor.doctor import Doctor  # noqa: PLC0415
        from worker.log import silence_libraries  # noqa: PLC0415

    silence_libraries()
    with _Progress() as say:
        found = asyncio.run(Doctor(config, flags, os.environ, seconds, say).examine())
    _show(found, output, exit_code(found, strict=strict))


def _show(found: tuple[Finding, ...], output: OutputFormat, code: int) -> None:
    if output is OutputFormat.JSON:
        for line in json_lines(found, code):
            typer.echo(line)
    else:
        print_text(found)
    raise typer.Exit(code)


def _seconds(text: str) -> float:
    try:
        if (seconds := parse_duration(text)) > 0:
            return seconds
    except ValueError as error:
        raise CommandFailed(f"--timeout: {error}") from None
    raise CommandFailed(f"--timeout: {text!r} is not longer than nothing")


class _Progress:
    """Shows on a terminal's standard error what is being looked at."""

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("") if sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __call__(self, what: str) -> None:
        if self._status is not None:
            self._status.update(f"looking at {plain(what)}")

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()
