"""`pointsman topology repartition`: another number of partitions on a running system."""

import asyncio
import os
import signal
import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from worker.amqp.errors import BrokerError, TopologyMismatch
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.read_settings import read_settings
from worker.cli.repartition_view import closing_lines, plan_lines
from worker.cli.topology import app
from worker.config_file import Config, load_config
from worker.failure import BROKER, TOPOLOGY, CommandFailed
from worker.repartition import plan_repartition
from worker.settings import Settings
from worker.signing_keys import SigningKeys
from worker.topology import plan_topology

_STOPPED = 130
_LINE = 2.0  # seconds between two lines about one drain


@app.command()
def repartition(
    partitions: Annotated[
        int, typer.Argument(metavar="N", min=1, max=1024, help="How many there shall be.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    amqp_url: Annotated[
        str | None, typer.Option("--amqp-url", help="The broker.", metavar="TEXT")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it. Without this, only the plan is shown.")
    ] = False,
) -> None:
    """Plan, and with --apply carry out, a change of the number of partitions.

    Stop the workers first; feeders go on. What waits is drained in an order that keeps that of
    every conversation, into the queues of models, as `run` does it. Cut off at any moment, the same
    command goes on with it. Then set `partitions` to N and start the workers.

    Example:  pointsman topology repartition 16 --apply
    """
    loaded = load_config(config, os.environ)
    settings = read_settings(loaded, {"amqp_url": amqp_url})
    keys = SigningKeys(os.environ)
    if apply and (missing := keys.missing(loaded)):
        raise CommandFailed("\npointsman: ".join(missing))
    try:
        asyncio.run(_repartition(loaded, settings, keys, partitions, apply=apply))
    except TopologyMismatch as error:
        raise CommandFailed("\npointsman: ".join(error.mismatches), TOPOLOGY) from None
    except BrokerError as error:
        raise CommandFailed(str(error), BROKER) from None


async def _repartition(
    loaded: Config, settings: Settings, keys: SigningKeys, wanted: int, *, apply: bool
) -> None:
    # Not above: these take longer to import than `topology show` takes to show.
    from worker.log import open_log  # noqa: PLC0415
    from worker.pipeline.judge_signature import judge_by  # noqa: PLC0415
    from worker.service.repartitioning import Repartitioning, Stopped, look  # noqa: PLC0415

    log = open_log("text", "warning")
    found = await look(settings, plan_topology(loaded.table, settings), wanted)
    if found.count == wanted and not found.under_way:
        typer.echo(f"the broker has {wanted} partitions already")
        return
    change = plan_repartition(loaded.table, settings, found.count, wanted)
    if change.refusal is not None:
        raise CommandFailed(change.refusal, TOPOLOGY)
    if not apply:
        for line in plan_lines(change, found):
            typer.echo(line)
        return
    display = _Display()
    work = Repartitioning(settings, loaded.table, change, display, log, judge_by(keys))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.stop)
    try:
        await work.run(under_way=found.under_way)
    except Stopped:
        again = f"pointsman topology repartition {wanted} --apply"
        raise CommandFailed(f"stopped before the end; go on with `{again}`", _STOPPED) from None
    finally:
        display.close()
    for line in closing_lines(wanted):
        typer.echo(line)


class _Display:
    """Shows on standard error what is done and how much is left to drain."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status("") if sys.stderr.isatty() else None
        self._most = 0
        self._shown = 0.0

    def say(self, line: str) -> None:
        """Show a line that stays."""
        self._most = 0
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, left: int) -> None:
        """Show how far a drain is: in place on a terminal, else by a line now and then."""
        self._most = max(self._most, left)
        now = time.monotonic()
        text = f"  {self._most - left:,} of {self._most:,} drained"
        if self._status is not None:
            self._status.start()
            self._status.update(text)
        elif now - self._shown >= _LINE or not left:
            self._shown = now
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take away what does not stay."""
        if self._status is not None:
            self._status.stop()
