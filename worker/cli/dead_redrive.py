"""`pointsman dead redrive`: letters on their way through the workers once more."""

import asyncio
import signal
import sys
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from routing.table import RoutingTable
from worker.cli.ask import check_can_ask, confirmed
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.dead import app
from worker.cli.dead_purge import YesOption
from worker.cli.dead_session import SETTINGS, with_dead_queue
from worker.cli.letter_count import letters
from worker.cli.letter_options import wanted, with_letter_options
from worker.cli.letter_progress import shown_letters
from worker.cli.output_format import OutputFormat
from worker.cli.setting_options import with_setting_options
from worker.config_file import Config
from worker.dead.letter import Letter
from worker.dead.redriving import Redriving, Refused, redriving
from worker.dead.wanted import Wanted
from worker.failure import FINDINGS, INTERRUPTED, CommandFailed
from worker.setting_text import rate as read_rate
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue


@app.command()
@with_setting_options(*SETTINGS)
@with_letter_options
def redrive(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what each would become by the table, no more.")
    ] = False,
    rate: Annotated[
        str, typer.Option(metavar="N/s", help="How many letters a second; as fast as it goes.")
    ] = "none",
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many letters at most.")
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Also what came back unchanged three times, or was not vouched for."
        ),
    ] = False,
    yes: YesOption = False,
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Send dead letters through the workers once more, oldest first.

    Says first what they would become by the table, and asks. The same message gives the same turn,
    whose `attempt` is one more; of a job that a runner rejected it is the job's message. Nobody is
    trusted more than he was. A letter leaves the queue once the broker has it elsewhere; what comes
    back during the run is left. Refused are letters that came back unchanged three times, and those
    for which nobody vouched: exit code 1.

    Example:  pointsman dead redrive --reason undeliverable --dry-run

    Example:  pointsman dead redrive --platform telegram --rate 50/s
    """
    check_can_ask(yes or dry_run)
    try:
        per_second = read_rate(rate)
    except ValueError as error:
        raise CommandFailed(f"--rate {error}") from None
    task = _Redrive(wanted(flags), limit, per_second, force=force, yes=yes or dry_run)
    task.dry_run, task.output = dry_run, output
    try:
        with_dead_queue(config, flags, "redrive", task.work)
    finally:
        task.tell()
    if task.interrupted:
        raise typer.Exit(INTERRUPTED)
    if task.refused:
        raise typer.Exit(FINDINGS)


class _Redrive:
    """Looks, asks, redrives, and tells what came of it."""

    def __init__(
        self, meant: Wanted, limit: int | None, rate: int | None, *, force: bool, yes: bool
    ) -> None:
        self._meant = meant
        self._limit = limit
        self._rate = rate
        self._force = force
        self._yes = yes
        self._prefix = ""
        self._believes_x_death = False
        self.dry_run = False
        self.output = OutputFormat.TEXT
        self.interrupted = False
        self.begun = False
        self.redriven = 0
        self.refused: Counter[str] = Counter()

    async def work(self, queue: "DeadQueue", loaded: Config, settings: Settings) -> None:
        self._prefix = settings.prefix
        self._believes_x_death = not queue.broker_version.startswith("3.")
        if self.dry_run or not self._yes:
            found = await self._look(queue, loaded, settings)
            if self.dry_run or not found:
                return
            if not await confirmed(f"Redrive {letters(found)} ({self._meant.words()})?"):
                raise CommandFailed("nothing was redriven", FINDINGS)
            await queue.again()
        self.refused.clear()
        await self._run(queue, loaded, settings)

    async def _look(self, queue: "DeadQueue", loaded: Config, settings: Settings) -> int:
        """Say what would become of the letters, and return how many may go."""
        from routing.decide import Router  # noqa: PLC0415
        from worker.cli.redrive_view import show_outlook  # noqa: PLC0415
        from worker.dead.outlook import Outlook  # noqa: PLC0415
        from worker.pipeline.pipeline import Limits, Pipeline  # noqa: PLC0415

        limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
        pipeline = Pipeline(Router(loaded.table), limits, settings.prefix)
        outlook = Outlook(pipeline, datetime.now(UTC))
        async for found in shown_letters(queue, "looking at"):
            if self._limit is None or outlook.count < self._limit:
                letter = self._choose(loaded.table, found.letter)
                if letter is not None:
                    outlook.add(letter)
        show_outlook(outlook, self.refused, self.output, dry_run=self.dry_run)
        sys.stdout.flush()
        return outlook.count

    async def _run(self, queue: "DeadQueue", loaded: Config, settings: Settings) -> None:
        from worker.amqp.redrive_outlet import redrive_outlet  # noqa: PLC0415
        from worker.cli.redrive_progress import RedriveProgress  # noqa: PLC0415
        from worker.dead.redrive_run import RedriveRun, Terms  # noqa: PLC0415

        total = queue.waiting
        async with redrive_outlet(settings) as publisher:
            terms = Terms(partial(self._choose, loaded.table), self._rate, self._limit)
            run = RedriveRun(queue, publisher, terms)
            self.begun = True
            loop = asyncio.get_running_loop()

            def stop() -> None:
                self.interrupted = True
                run.stop()
                loop.remove_signal_handler(signal.SIGINT)  # a second one ends it at once

            loop.add_signal_handler(signal.SIGINT, stop)
            try:
                with RedriveProgress(total) as progress:
                    async with aclosing(run.go()) as steps:
                        async for _ in steps:
                            progress.update(run.looked, run.redriven)
            finally:
                self.redriven = run.redriven
                loop.remove_signal_handler(signal.SIGINT)

    def _choose(self, table: RoutingTable, letter: Letter) -> Redriving | None:
        if not self._meant.matches(letter):
            return None
        try:
            return redriving(
                letter,
                table,
                self._prefix,
                force=self._force,
                believes_x_death=self._believes_x_death,
            )
        except Refused as refusal:
            self.refused[str(refusal)] += 1
            return None

    def tell(self) -> None:
        """Say what was done, if anything was begun."""
        from worker.cli.redrive_view import show_done  # noqa: PLC0415

        if self.begun:
            show_done(self.redriven, self.refused, self.output, interrupted=self.interrupted)
