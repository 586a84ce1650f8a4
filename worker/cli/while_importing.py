"""What holds while Python imports what a command is made of."""

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from worker.failure import INTERRUPTED


@contextmanager
def while_importing() -> Iterator[None]:
    """Within the block, Ctrl-C ends the process at once and in silence, with exit code 130.

    Raised in the middle of an import, an interrupt is as a rule shown with its traceback, and
    sometimes swallowed. Whoever ignores Ctrl-C, or handles it, goes on to do so.

    Nobody looks for garbage meanwhile: what is imported stays, and that took a tenth of the time.
    """
    looked = gc.isenabled()
    gc.disable()
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if looked:
            gc.enable()
