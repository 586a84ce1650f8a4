"""Publishing to nobody: the broker tells of an alarm only to those who publish."""

import asyncio
from collections.abc import Callable

import aiormq

from worker.amqp.publisher import Publisher
from worker.pipeline.delivery import Properties
from worker.pipeline.publication import Publication
from worker.settings import Settings

_INTERVAL = 1.0
_NOBODY = "pointsman.knock"
"""No queue of ours is bound by this key, so the broker returns what has it."""


async def keep_knocking(
    channel: aiormq.Channel, settings: Settings, is_blocked: Callable[[], bool]
) -> None:
    """Publish an empty message for no queue once a second, for ever.

    During an alarm feeders cannot publish, so a worker without a backlog has nothing to publish
    either, and would never hear of it.
    """
    publisher = Publisher(channel, settings.publish_timeout, _ignore, _ignore)
    knock = Publication(f"{settings.prefix}turns", _NOBODY, b"", Properties())
    while True:
        publisher.expire(blocked=is_blocked())
        if not publisher.pending:  # one that is on its way will be answered when it can be
            publisher.publish([(0, knock)])
        await asyncio.sleep(_INTERVAL)


def _ignore(_answer: object) -> None:
    """That there is nobody is no news."""
