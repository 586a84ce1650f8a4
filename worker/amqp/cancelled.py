"""Cancellation that a library has taken for an error of its own."""

import asyncio


def raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled, whatever was raised in its place.

    A connection that is being opened may answer a cancellation with an error, or open all the same:
    whoever goes on for ever after either has to ask.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
