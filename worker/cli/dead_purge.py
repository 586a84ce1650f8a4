"""`pointsman dead purge`: letters that nobody needs any more."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.ask import check_can_ask
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.dead import app
from worker.cli.dead_session import SETTINGS, with_dead_queue
from worker.cli.letter_options import wanted, with_letter_options
from worker.cli.remove_letters import remove_letters
from worker.cli.setting_options import with_setting_options
from worker.config_file import Config
from worker.failure import CommandFailed
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show which letters those are, and no more.")
]


@app.command()
@with_setting_options(*SETTINGS)
@with_letter_options
def purge(
    everything: Annotated[
        bool, typer.Option("--all", help="All letters, where nothing chooses among them.")
    ] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Throw letters away for good. Shows which, and asks first.

    Only what it has shown goes: letters that come meanwhile stay. `export --remove` keeps them in a
    file instead.

    Example:  pointsman dead purge --reason expired --older-than 7d
    """
    meant = wanted(flags)
    if meant.is_all and not everything:
        raise CommandFailed("which letters? choose among them, such as by --reason, or give --all")
    if everything and not meant.is_all:
        raise CommandFailed("--all and a choice among the letters: give one of both")
    check_can_ask(yes or dry_run)

    async def work(queue: "DeadQueue", _config: Config, _settings: Settings) -> None:
        await remove_letters(queue, meant.matches, meant.words(), yes=yes, dry_run=dry_run)

    with_dead_queue(config, flags, "purge", work)
