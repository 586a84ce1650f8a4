"""A key that ends a live view."""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_KEYS = b"qQ"


@contextmanager
def quit_key(stop: Callable[[], None]) -> Iterator[None]:
    """Within the block, q on the terminal calls `stop`; without a terminal nothing does."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield
        return
    loop, number = asyncio.get_running_loop(), sys.stdin.fileno()
    before = termios.tcgetattr(number)

    def on_input() -> None:
        keys = os.read(number, 1024)
        if not keys:
            loop.remove_reader(number)  # the terminal is gone
        if any(key in _KEYS for key in keys):
            stop()

    tty.setcbreak(number)
    loop.add_reader(number, on_input)
    try:
        yield
    finally:
        loop.remove_reader(number)
        termios.tcsetattr(number, termios.TCSADRAIN, before)
