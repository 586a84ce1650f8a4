"""Ctrl-C at any moment of the start, and standard output that is closed."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

POINTSMAN = [str(Path(sys.executable).with_name("pointsman"))]
AS_MODULE = [sys.executable, "-m", "worker.cli"]
ANY = r"\S+\.cpython-\S+\.so"  # an extension module
INSTALLED = rf"\S+/site-packages{ANY}"  # one that is not Python's own


def loaded(pid: int, modules: str) -> int:
    """How many extension modules a process has loaded: how far its imports have come."""
    return len(set(re.findall(modules, Path(f"/proc/{pid}/maps").read_text())))


@pytest.fixture
def table(tmp_path):
    """A table without an error."""
    path = tmp_path / "pointsman.yaml"
    path.write_text("model: m\n", encoding="utf-8")
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("command", "modules", "count"),
    [
        ([*POINTSMAN, "run", "--http=none"], ANY, 1),
        ([*POINTSMAN, "run", "--http=none"], INSTALLED, 1),
        ([*POINTSMAN, "run", "--http=none"], INSTALLED, 4),
        ([*POINTSMAN, "run", "--http=none"], INSTALLED, 6),
        ([*POINTSMAN, "route"], INSTALLED, 1),
        ([*POINTSMAN, "demo"], INSTALLED, 3),
        ([*AS_MODULE, "run", "--http=none"], ANY, 1),
        ([*AS_MODULE, "run", "--http=none"], INSTALLED, 4),
    ],
)
def test_an_interrupted_start_is_quiet(command, modules, count, table):
    """Ctrl-C while Python still imports ends a command in silence with exit code 130."""
    with subprocess.Popen(
        [*command, f"--config={table}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while loaded(process.pid, modules) < count:
            assert process.poll() is None, "it ended before it had loaded so much"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    assert (process.returncode, said) == (130, "")


@pytest.mark.parametrize("arguments", [["route"], ["check"], ["topology", "show"], ["--version"]])
def test_closed_output_is_one_line(arguments, table):
    """With nowhere to write to a command says so, in one line, and does nothing."""
    command = [*POINTSMAN, *arguments]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command],
        cwd=table.parent,
        input="",
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    said = "pointsman: standard output is closed; to see nothing, send it to /dev/null\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_closed_errors_leave_the_exit_code(tmp_path):
    """Also where nobody can be told what is wrong, the exit code says that something is."""
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *POINTSMAN, "route", "--config=nowhere.yaml"],
        cwd=tmp_path,
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
