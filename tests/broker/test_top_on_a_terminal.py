"""`pointsman top` on a terminal, and how it leaves one."""

import os
import pty
import select
import subprocess
import sys
import termios
import time
from contextlib import contextmanager

import pytest

from tests.broker.service import COMMAND, PATIENCE

CONFIG = {"model": {"default": "m"}, "platforms": {"telegram": {}}}
# The terminal becomes the one of a new session, as in a window of its own: Ctrl-C is a signal there.
ON_IT = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
OTHER_SCREEN, OWN_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
HIDDEN, SHOWN = b"\x1b[?25l", b"\x1b[?25h"
CTRL_C = b"\x03"


class Terminal:
    """A pseudo-terminal, and what has been written on it."""

    def __init__(self) -> None:
        self.keyboard, self.number = pty.openpty()
        termios.tcsetwinsize(self.number, (40, 100))
        self.written = b""

    @property
    def attributes(self):
        return termios.tcgetattr(self.number)

    def press(self, keys: bytes) -> None:
        os.write(self.keyboard, keys)

    def wait_for(self, text: bytes, beyond: int = 0) -> None:
        """Read until some text has been written, beyond what there was before."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.written[beyond:]:
            assert self.read(deadline - time.monotonic()), f"{text!r} was never written"

    def read(self, timeout: float = 0.0) -> bytes:
        """Read what is there, or comes in time."""
        if not select.select([self.keyboard], [], [], max(0.0, timeout))[0]:
            return b""
        more = os.read(self.keyboard, 65_536)
        self.written += more
        return more

    def close(self) -> None:
        os.close(self.number)
        os.close(self.keyboard)


@contextmanager
def top_on(terminal, url, run):
    """Run the installed `pointsman top`; it has ended behind the block."""
    command = [*COMMAND, "top", f"--config={run.config}"]
    environ = {**os.environ, "POINTSMAN_AMQP_URL": url, "TERM": "xterm-256color"}
    start = [sys.executable, "-c", ON_IT, str(terminal.number), *command]
    with subprocess.Popen(start, env=environ, pass_fds=[terminal.number]) as top:
        try:
            yield top
        finally:
            top.kill()


@pytest.fixture
def terminal():
    made = Terminal()
    yield made
    made.close()


@pytest.mark.parametrize("shown", [OTHER_SCREEN, b"all is well"], ids=["connecting", "shown"])
@pytest.mark.parametrize("key", [b"q", CTRL_C], ids=["q", "Ctrl-C"])
def test_it_ends_by_a_key_and_leaves_the_terminal_as_it_was(
    terminal, worker_url, run_pointsman, key, shown
):
    """By q and by Ctrl-C it ends with 0 at any time; screen, cursor and keys are as they were."""
    run, before = run_pointsman(CONFIG), terminal.attributes
    with top_on(terminal, worker_url, run) as top:
        terminal.wait_for(shown)
        assert terminal.attributes != before
        terminal.press(key)
        assert top.wait(PATIENCE) == 0
    while terminal.read():
        pass
    said = terminal.written
    assert terminal.attributes == before
    assert said.rindex(OTHER_SCREEN) < said.rindex(OWN_SCREEN)
    assert said.rfind(HIDDEN) <= said.rfind(SHOWN)  # a key may come before it is hidden
    assert b"Traceback" not in said


def test_other_keys_do_nothing(terminal, worker_url, run_pointsman):
    """What is typed beside q is not shown, and the picture goes on."""
    run = run_pointsman(CONFIG)
    with top_on(terminal, worker_url, run) as top:
        terminal.wait_for(b"all is well")
        terminal.press(b"@@@\r")
        there = len(terminal.written)
        terminal.wait_for(b"all is well", beyond=there)
        terminal.wait_for(b"all is well", beyond=len(terminal.written))
        assert top.poll() is None
    assert b"@" not in terminal.written[there:]
