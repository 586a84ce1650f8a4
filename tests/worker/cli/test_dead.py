"""`pointsman dead` where there is nothing to read from."""

import subprocess
from pathlib import Path

import pytest

from tests.broker.service import COMMAND


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["import"], "standard input is closed"),
        (["purge", "--all"], "nobody can be asked: give --yes"),
    ],
)
def test_a_closed_standard_input_is_said_in_one_line(tmp_path: Path, arguments, says):
    """With standard input closed, what would read it says so and exits with 2."""
    (tmp_path / "pointsman.yaml").write_text("model: {default: m}\n", encoding="utf-8")
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, "dead", *arguments],
        check=False,
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.returncode == 2
    assert says in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
