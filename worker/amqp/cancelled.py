"""Cancellation that a library has taken for an error of its own, or for nothing at all."""

import asyncio


def is_cancelled() -> bool:
    """Tell whether this task was cancelled, whatever was raised in its place."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled.

    A connection that is being opened may answer a cancellation with an error, or open all the same,
    and `asyncio.wait_for` of Python 3.11 forgets one that comes with the result: whoever goes on
    for ever after any of these has to ask.
    """
    if is_cancelled():
        raise asyncio.CancelledError
