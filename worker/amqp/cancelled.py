"""Cancellation that a library has taken for an error of its own."""

import asyncio


def raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled, whatever was raised in its place.

    A connection that is being opened may answer a cancellation with an error: whoever goes on after
    errors would then go on for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
