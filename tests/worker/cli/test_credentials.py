import json
import os
import stat
import sys

import pytest

from contracts.credentials import resolve
from worker.cli.app import main

TABLE = """
model:
  default: m
  api_key: canary-base
  routes:
    - match: {platform: discord}
      model: d
    - match: {platform: slack}
      api_key: ${SLACK_KEY}
  by_source:
    owner: {model: o, api_key: "canary-own\u00e9r"}
    cron: {api_key_file: /run/secrets/cron}
runtimes:
  codex: {model: g, api_key: "${SLACK_KEY}"}
  plain: {model: p}
"""


@pytest.fixture
def credentials(tmp_path, monkeypatch, capsys):
    """Runs `pointsman credentials` in a folder with a table; returns exit code and outputs."""
    (tmp_path / "pointsman.yaml").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pointsman", "credentials", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


def test_every_reference_is_listed_with_what_uses_it(credentials):
    """The list names each reference once, with base, rules and runtimes that use it; no key."""
    code, out, err = credentials("list")
    assert (code, err) == (0, "")
    assert [line.split("  ", 1) for line in out.splitlines()] == [
        ["config:model.api_key", "                base, 1 rule that inherits it"],
        ["env:SLACK_KEY", "                       routes[1], runtimes.codex"],
        ["config:model.by_source.owner.api_key", "by_source.owner"],
        ["file:/run/secrets/cron", "              by_source.cron"],
    ]


def test_the_list_as_json(credentials):
    """For programs the list is one object: reference to what uses it."""
    _, out, _ = credentials("list", "--format", "json")
    assert json.loads(out)["env:SLACK_KEY"] == ["routes[1]", "runtimes.codex"]
    assert "canary" not in out


def test_a_table_without_keys_lists_none(credentials, tmp_path):
    """No credentials: nothing listed, exit 0."""
    (tmp_path / "bare.yaml").write_text("model: m", encoding="utf-8")
    assert credentials("list", "--config", "bare.yaml") == (0, "", "")


def test_keys_written_out_are_exported_for_runners(credentials, tmp_path):
    """The exported file holds exactly the `config:` keys, and a runner finds its key in it."""
    code, out, err = credentials("export", "--output", "keys.json")
    assert (code, out, err) == (0, "", "2 keys written to keys.json\n")
    keys = tmp_path / "keys.json"
    assert json.loads(keys.read_text(encoding="utf-8")) == {
        "config:model.api_key": "canary-base",
        "config:model.by_source.owner.api_key": "canary-own\u00e9r",
    }
    assert resolve("config:model.api_key", exported=keys) == "canary-base"


def test_only_its_owner_may_read_the_exported_file(credentials, tmp_path):
    """The file has mode 0600, whatever the umask and whatever was there before."""
    keys = tmp_path / "keys.json"
    keys.write_text("old", encoding="utf-8")
    keys.chmod(0o644)
    before = os.umask(0)
    try:
        credentials("export", "-o", keys)
    finally:
        os.umask(before)
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert json.loads(keys.read_text(encoding="utf-8"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys.json", "pointsman.yaml"]


@pytest.mark.parametrize("output", ["absent/keys.json", ".", "/dev/null", "pipe"])
def test_an_output_that_cannot_be_written_is_one_line(credentials, tmp_path, output):
    """No folder, a folder, a device or a pipe: one line, exit 2, nothing left behind, no key."""
    os.mkfifo(tmp_path / "pipe")
    code, out, err = credentials("export", "--output", output)
    assert (code, out) == (2, "")
    assert err.startswith(f"pointsman: {output}: cannot be written: ")
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "pointsman.yaml"]


@pytest.mark.parametrize("command", [("list",), ("export", "--output", "keys.json")])
def test_a_table_with_errors_is_exit_2(credentials, tmp_path, command):
    """A table that cannot be used is told error by error, and nothing is written."""
    bad = "model: {default: m, api_key: canary-1, routes: 1}\ntrust: opne\n"
    (tmp_path / "bad.yaml").write_text(bad, encoding="utf-8")
    code, out, err = credentials(*command, "--config", "bad.yaml")
    assert (code, out) == (2, "")
    assert [line[:30] for line in err.splitlines()] == [
        "pointsman: bad.yaml:1:48: erro",
        "pointsman: bad.yaml:2:8: error",
    ]
    assert "canary" not in err
    assert not (tmp_path / "keys.json").exists()


def test_export_needs_an_output(credentials):
    """Keys never go to the terminal: without a file there is no export."""
    code, out, err = credentials("export")
    assert code == 2
    assert "--output" in err
    assert "canary" not in out + err


@pytest.mark.parametrize("command", ["list", "export"])
def test_help_has_an_example(credentials, command):
    """`--help` shows how the command is called."""
    code, out, _ = credentials(command, "--help")
    assert code == 0
    assert f"pointsman credentials {command}" in " ".join(out.split())


def test_signing_keys_are_listed_with_their_platform(credentials, tmp_path):
    """The keys that sign a platform's messages are references like others, with the place of each."""
    text = "model: m\nplatforms: {webhook: {signing_keys: {k1: '${HOOK}', k2: file:/run/k2}}}"
    (tmp_path / "signed.yaml").write_text(text, encoding="utf-8")
    _, out, _ = credentials("list", "--format", "json", "--config", "signed.yaml")
    assert json.loads(out) == {
        "env:HOOK": ["platforms.webhook.signing_keys.k1"],
        "file:/run/k2": ["platforms.webhook.signing_keys.k2"],
    }
