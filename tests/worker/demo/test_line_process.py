"""Child processes that are heard and ended."""

import asyncio
import os
import signal
import sys

import pytest

from worker.demo.line_process import LineProcess


def start(program, on_line=print):
    """Start a Python program."""
    return LineProcess.start("it", [sys.executable, "-c", program], os.environ, on_line)


def is_alive(process):
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_every_line_is_heard_before_the_end():
    """What a process says on either output is heard whole and in order, then its exit code."""
    lines: list[str] = []
    program = "import sys; [print(n, flush=True) for n in range(2000)]; sys.exit('no')"
    process = await start(program, lines.append)
    assert await process.ended() == 1
    assert lines == [*map(str, range(2000)), "no"]
    assert list(process.last_lines)[-1] == "no"


async def test_it_ends_when_asked():
    """A process that is asked to end may do so in its own way, and that is its exit code."""
    up = asyncio.Event()
    program = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));"
        "print('up', flush=True); time.sleep(60)"
    )
    process = await start(program, lambda _line: up.set())
    await up.wait()
    assert await process.end(30) == 7


async def test_what_does_not_end_is_killed():
    """A process that ignores the request is killed when the time is up."""
    up = asyncio.Event()
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('up', flush=True); time.sleep(60)"
    )
    process = await start(program, lambda _line: up.set())
    await up.wait()
    assert await process.end(0.1) is None
    assert not is_alive(process)
    assert await process.ended() == -signal.SIGKILL


async def test_killing_twice_is_harmless():
    """A process can be killed again, also after it has ended by itself."""
    process = await start("pass")
    await process.ended()
    process.kill()
    process.kill()
    assert not is_alive(process)


async def test_a_line_without_end_is_dropped():
    """A line too long to be a report is left out, and the next one is heard."""
    lines: list[str] = []
    process = await start("print('x' * 5_000_000); print('next')", lines.append)
    assert await process.ended() == 0
    assert lines[-1] == "next"
    assert max(map(len, lines)) < 5_000_000


async def test_what_cannot_be_started_says_so():
    """A program that is not there is an error of the start, and leaves nothing open."""
    with pytest.raises(OSError, match="No such file"):
        await LineProcess.start("it", ["/nowhere/at/all"], os.environ, print)
