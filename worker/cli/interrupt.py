"""Ctrl-C before there is anything to end in order."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130


@contextmanager
def end_on_interrupt() -> Iterator[None]:
    """Within the block, Ctrl-C ends the process at once and in silence, with exit code 130.

    For imports: raised in the middle of one, an interrupt is as a rule shown with its traceback,
    and sometimes swallowed. Whoever ignores Ctrl-C, or handles it, goes on to do so.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
