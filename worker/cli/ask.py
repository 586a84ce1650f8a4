"""A question that is answered with yes or no, while connections live on."""

import asyncio
import sys

from worker.failure import CommandFailed


def check_can_ask(yes: bool) -> None:
    """Raise CommandFailed if nobody can be asked, and `--yes` does not answer."""
    if not yes and (sys.stdin is None or not sys.stdin.isatty()):
        raise CommandFailed("standard input is no terminal, so nobody can be asked: give --yes")


async def confirmed(question: str) -> bool:
    """Ask on the terminal, on standard error; anything but y or yes is no."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    # Not in a thread: that could not be interrupted.
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
