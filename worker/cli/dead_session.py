"""A command's time with the `dead` queue."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from worker.cli.read_settings import read_settings
from worker.config_file import Config, load_config
from worker.failure import BROKER, TOPOLOGY, CommandFailed
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue

Result = TypeVar("Result")

SETTINGS = ("amqp_url", "prefix", "publish_timeout")
"""What all commands for dead letters can be told."""


def with_dead_queue(
    config: Path,
    flags: Mapping[str, str | None],
    purpose: str,
    work: Callable[["DeadQueue", Config, Settings], Awaitable[Result]],
) -> Result:
    """Return what `work` does of the open queue, which is closed behind it in any case.

    Raises CommandFailed: 2 for the configuration, 3 for the broker or if somebody else is at the
    letters, 4 if the queue is missing.
    """
    loaded = load_config(config, os.environ)
    settings = read_settings(loaded, flags)
    # Not above: these take longer to import than other commands take altogether.
    from worker.amqp.dead_queue import DeadQueue  # noqa: PLC0415
    from worker.amqp.errors import BrokerError, TopologyMismatch  # noqa: PLC0415
    from worker.log import silence_libraries  # noqa: PLC0415

    silence_libraries()

    async def session() -> Result:
        queue = await DeadQueue.open(settings, f"dead {purpose}")
        try:
            if queue.others:
                sys.stderr.write(
                    "pointsman: warning: somebody consumes the dead letters; what they hold is not"
                    " seen here\n"
                )
            return await work(queue, loaded, settings)
        finally:
            await queue.close()

    try:
        return asyncio.run(session())
    except TopologyMismatch as error:
        raise CommandFailed("\npointsman: ".join(error.mismatches), TOPOLOGY) from None
    except BrokerError as error:
        raise CommandFailed(str(error), BROKER) from None
