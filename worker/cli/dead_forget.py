"""`pointsman dead forget`: letters of a person who asks to be forgotten."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts import PlatformName
from worker.cli.ask import check_can_ask
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.dead import app
from worker.cli.dead_purge import DryRunOption, YesOption
from worker.cli.dead_session import SETTINGS, with_dead_queue
from worker.cli.letter_count import letters
from worker.cli.remove_letters import remove_letters
from worker.cli.setting_options import with_setting_options
from worker.config_file import Config
from worker.failure import CommandFailed
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue

_MOST_TOLD = 20
_ELSEWHERE = """\
Not looked at: what still waits in `inbound.*` and in the queues of models, exports and captures, \
logs and backups, what runners and platforms keep, and texts in which others write of them.
"""


@app.command()
@with_setting_options(*SETTINGS)
def forget(
    conversation: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="A conversation: its id, its key in the log, or its chat's id."
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(metavar="PLATFORM:ID", help="A user, such as telegram:4711."),
    ] = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Throw away every letter of a conversation or a user, as an erasure request asks for.

    Finds them by what their bodies and jobs say: user_id, user_id_alt, the sender of a hub frame,
    the chat of a DM; conversation_id, the key made of it, the ids of chats and threads. Letters
    that cannot be read and hold the id are named, and stay. Says where it did not look.

    Example:  pointsman dead forget --user telegram:4711

    Example:  pointsman dead forget --conversation telegram/type=dm/chat=4711 --dry-run
    """
    if (conversation is None) == (user is None) or "" in (conversation, user):
        raise CommandFailed("whom? give --conversation or --user, one of both")
    platform, id_ = (None, None) if user is None else _user(user)
    check_can_ask(yes or dry_run)

    async def work(queue: "DeadQueue", loaded: Config, _settings: Settings) -> list[str]:
        from worker.dead.erasure import Erasure  # noqa: PLC0415

        erasure = Erasure(loaded.table, conversation, platform, id_)
        what = "of a conversation" if user is None else f"of a user of {platform}"
        try:
            await remove_letters(queue, erasure.is_about, what, yes=yes, dry_run=dry_run)
        finally:
            _tell_unsure(erasure.unsure)
        return erasure.unsure

    with_dead_queue(config, flags, "forget", work)
    sys.stderr.write(_ELSEWHERE)


def _user(text: str) -> tuple[str, str]:
    platform, colon, id_ = text.partition(":")
    try:
        if colon and id_:
            return PlatformName.parse(platform).platform, id_
    except ValueError:
        pass
    raise CommandFailed("--user takes PLATFORM:ID, such as telegram:4711")


def _tell_unsure(ids: list[str]) -> None:
    if not ids:
        return
    shown = " ".join(ids[:_MOST_TOLD])
    more = f" and {len(ids) - _MOST_TOLD:,} more" if len(ids) > _MOST_TOLD else ""
    sys.stderr.write(
        f"{letters(len(ids))} cannot be read and may be theirs: {shown}{more}; see `dead show ID`,"
        " then `dead purge --id ID`\n"
    )
