import json
import subprocess
import sys
from pathlib import Path

POINTSMAN = Path(sys.executable).parent / "pointsman"
TABLE = "model: {default: m, routes: [{match: {platform: hub}, model: peer}]}\n"


def diff(*arguments, given):
    return subprocess.run(
        [POINTSMAN, "diff", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_table_may_come_from_another_program(tmp_path):
    """The old table may be a pipe, such as what a version control system shows of it."""
    new = tmp_path / "new.yaml"
    new.write_text(TABLE, encoding="utf-8")
    same = diff("/dev/stdin", new, given=TABLE)
    assert (same.returncode, same.stdout, same.stderr) == (0, "nothing goes elsewhere\n", "")
    other = diff("/dev/stdin", new, given=TABLE.replace("peer", "other"))
    assert other.returncode == 1
    assert other.stdout.startswith("turns.other -> turns.peer\n")
    broken = diff("/dev/stdin", new, given="model: [\n")
    assert (broken.returncode, broken.stdout) == (2, "")
    assert broken.stderr.startswith("/dev/stdin:")
    assert "Traceback" not in broken.stderr


def test_messages_may_come_from_another_program(tmp_path):
    """Captured messages may be piped in, and what moves is one JSON object for programs."""
    (tmp_path / "old.yaml").write_text(TABLE, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(TABLE.replace("peer", "other"), encoding="utf-8")
    frame = {"type": "message", "data": {"messageId": "1", "from": "brain", "text": "hi"}}
    line = json.dumps({"exchange": "in.hub", "body": frame})
    tables = (tmp_path / "old.yaml", tmp_path / "new.yaml")
    done = diff(*tables, "--against", "-", "--format", "json", given=f"{line}\n{line}\n")
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert (found["messages"], found["elsewhere"]) == (2, 2)
    assert found["groups"][0]["from"]["source_kind"] == "hub_peer"
