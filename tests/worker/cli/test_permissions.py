import json
import re
import sys

import pytest

from worker.cli.app import main

TABLE = """
model: m
models: ["$(touch pwned)'; `x`"]
platforms: {telegram: {publishers: [hub telegram]}}
"""


@pytest.fixture
def permissions(tmp_path, monkeypatch, capsys):
    """Runs `pointsman topology permissions` in a folder with a table; returns code and outputs."""
    (tmp_path / "pointsman.yaml").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        command = ["pointsman", "topology", "permissions", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


def test_the_lines_hold_no_password_and_nothing_to_run(permissions):
    """Every line is a comment or a rabbitmqctl command, whose password comes from a file."""
    code, out, err = permissions("--create-passwords", "words", "--vhost", "a b")
    assert (code, err) == (0, "8 passwords written to words\n")
    commands = [line for line in out.splitlines() if line and not line.startswith("#")]
    assert all(line.startswith("rabbitmqctl ") for line in commands)
    added = [line for line in commands if " add_user " in line]
    assert len(added) == 8
    assert all(re.search(r" < \S*/words/\S+$", line) for line in added)
    assert sum(" -p 'a b' " in line for line in commands) == 8
    assert "rabbitmqctl set_permissions -p 'a b' 'hub telegram' '' '^in\\.telegram\\z' ''" in out


def test_definitions_hold_hashes_of_the_passwords_or_none(permissions, tmp_path):
    """With passwords the definitions have salted hashes; without, hashes that let nobody in."""
    _, out, _ = permissions("--format", "json", "--amqp-url", "amqp://u:canary@h/blue")
    bare = json.loads(out)
    assert bare["vhosts"] == [{"name": "blue"}]
    assert {user["password_hash"] for user in bare["users"]} == {""}
    code, out, _ = permissions("--format", "json", "--create-passwords", tmp_path / "words")
    assert code == 0
    users = json.loads(out)["users"]
    assert len({user["password_hash"] for user in users}) == len(users) == 8
    for file in (tmp_path / "words").iterdir():
        assert file.read_text().strip() not in out
    assert "canary" not in out


def test_passwords_that_are_missing_are_all_told_of(permissions, tmp_path):
    """Each user without a password is a line, with a hint how to make one, and nothing is printed."""
    permissions("--create-passwords", "words")
    (tmp_path / "words" / "pointsman-worker").unlink()
    (tmp_path / "words" / "feeder-hub").write_text("")
    code, out, err = permissions("--passwords", "words")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == 3
    assert "words/pointsman-worker: cannot be read: No such file" in lines[0]
    assert "words/feeder-hub: is not a password" in lines[1]
    assert "--create-passwords" in lines[2]


def test_a_file_that_holds_no_password_is_to_be_taken_away_first(permissions, tmp_path):
    """What a set-up that was cut off has left behind is not written over, and the line says so."""
    permissions("--create-passwords", "words")
    (tmp_path / "words" / "feeder-hub").write_text("")
    code, _, err = permissions("--create-passwords", "words")
    assert code == 2
    assert "take away first what is no password" in err


def test_one_folder_of_passwords_is_enough(permissions):
    """Two folders of passwords are a mistake."""
    code, _, err = permissions("--create-passwords", "a", "--passwords", "b")
    assert code == 2
    assert "say one of them" in err
