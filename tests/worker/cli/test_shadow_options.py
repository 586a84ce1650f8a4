import json
import sys

import pytest

from worker.cli.app import main


@pytest.fixture
def pointsman(tmp_path, monkeypatch, capsys):
    """Runs a command beside a table; returns its exit code and what it says on standard error."""
    (tmp_path / "pointsman.yaml").write_text(json.dumps({"model": "m"}))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pointsman", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--summary-every", "10m"], "--summary-every is for --shadow"),
        (["--shadow", "--summary-every", "often"], "'often' is not a duration"),
        (["--shadow", "--summary-every", "0s"], "'0s' is not longer than nothing"),
    ],
)
def test_what_a_shadow_cannot_do_is_one_line(arguments, said, pointsman):
    """An interval that cannot be used, or that nobody uses, is exit code 2 before anything starts."""
    code, err = pointsman("run", *arguments)
    assert code == 2
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_capture_is_not_added_to_what_others_may_read(tmp_path, pointsman):
    """A file that is not its owner's alone, or cannot be opened, is exit code 2 and one line."""
    (tmp_path / "open.jsonl").touch(0o644)
    (tmp_path / "open.jsonl").chmod(0o644)
    assert pointsman("capture", "--out", "open.jsonl") == (
        2,
        "pointsman: open.jsonl: others may read it; `chmod 600` it, or name another file\n",
    )
    assert pointsman("capture", "--out", "none/c.jsonl") == (
        2,
        "pointsman: none/c.jsonl: No such file or directory\n",
    )
