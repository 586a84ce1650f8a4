"""`pointsman demo`: the whole system on this machine."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from worker.cli.while_importing import while_importing
from worker.failure import FINDINGS
from worker.setting_variables import unknown_variables


def demo(
    seconds: Annotated[
        float | None,
        typer.Option(min=1, metavar="N", help="Feed for N seconds.", show_default="until Ctrl-C"),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.2, metavar="R", help="Messages fed per second, at most.")
    ] = 50,
    workers: Annotated[
        int, typer.Option(min=1, max=16, metavar="K", help="How many `pointsman run` to start.")
    ] = 1,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="FILE", help="The routing table.", show_default="an example"
        ),
    ] = None,
) -> None:
    """Run the whole system on this machine, live: broker, worker, sample feed, runner.

    The broker is the one that POINTSMAN_AMQP_URL names, else a private RabbitMQ.
    At the end nothing is left running, and nothing is left on the broker.

    Exit codes: 0 every message fed is accounted for, 1 not so, 2 the table, 3 no broker.

    Example:  pointsman demo --seconds 20
    """
    # Not above: every other command would wait for it to be imported.
    with while_importing():
        from worker.demo.demo import Wanted, run_demo  # noqa: PLC0415
        from worker.demo.display import Display  # noqa: PLC0415

    for line in unknown_variables(os.environ):
        sys.stderr.write(f"pointsman: warning: {line}\n")
    display = Display(Console(highlight=False))
    if not run_demo(Wanted(config, seconds, rate, workers), display):
        raise typer.Exit(FINDINGS)
