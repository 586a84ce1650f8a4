"""Letters that are thrown away, after those who asked for it have seen which."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from worker.cli.ask import confirmed
from worker.cli.letter_count import letters
from worker.cli.letter_progress import shown_letters
from worker.dead.groups import Groups
from worker.dead.letter import Letter
from worker.failure import FINDINGS, CommandFailed

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue
    from worker.dead.read_letters import Place


async def remove_letters(
    queue: "DeadQueue",
    is_meant: Callable[[Letter], bool],
    what: str,
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    """Show which letters are meant, ask, and remove them: those that were shown and no others.

    `what` says in a few words which those are. Raises CommandFailed if the answer is no.
    """
    from worker.cli.dead_view import show_groups  # noqa: PLC0415
    from worker.dead.removal import Removal  # noqa: PLC0415

    groups = Groups()
    places: list[Place] = []
    async for found in shown_letters(queue, "looking at"):
        if is_meant(found.letter):
            groups.add(found.letter)
            places.append(found.place)
    show_groups(groups, queue.waiting, datetime.now(UTC))
    if not places or dry_run:
        return
    sys.stdout.flush()
    question = f"Throw away {letters(len(places))} ({what})? Nothing brings them back."
    if not yes and not await confirmed(question):
        raise CommandFailed("nothing was thrown away", FINDINGS)
    removal = Removal(queue)
    await removal.remove(places)
    await removal.finish()
    sys.stderr.write(f"{letters(removal.count)} thrown away\n")
