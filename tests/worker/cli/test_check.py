import io
import json
import os
import sys

import pytest

from worker.cli.app import main

FINE = "model: {default: m, api_key: '${K}'}\n"
WARNING = "trust: open\nmodel: m\n"
ERROR = "model: m\nrutnimes: {}\n"


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Runs `pointsman check` in an empty folder; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pointsman", "check", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


@pytest.fixture
def file(tmp_path):
    """Writes a file in the folder where the command runs; returns its name."""

    def write(text, name="t.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def test_a_sound_file_is_exit_0(check, file):
    """Nothing wrong: nothing on standard output, and a summary on standard error."""
    assert check(file(FINE)) == (0, "", "1 file: 0 errors, 0 warnings\n")


def test_warnings_are_exit_0(check, file):
    """A warning is told, with its place, and lived with."""
    code, out, err = check(file(WARNING))
    assert code == 0
    assert out.startswith("t.yaml:1:1: warning: `trust: open`")
    assert err == "1 file: 0 errors, 1 warning\n"


def test_warnings_are_exit_1_if_strict(check, file):
    """`--strict` makes a warning a finding; a sound file stays sound."""
    assert check("--strict", file(WARNING))[0] == 1
    assert check("--strict", file(FINE))[0] == 0


@pytest.mark.parametrize("strict", [[], ["--strict"]])
def test_errors_are_exit_2(check, file, strict):
    """An error is told with its place and a hint."""
    code, out, err = check(*strict, file(ERROR))
    assert code == 2
    assert out == (
        "t.yaml:2:1: error: unknown key `rutnimes` at the top of the file;"
        " did you mean `runtimes`?\n"
    )
    assert err == "1 file: 1 error, 0 warnings\n"


def test_several_files_are_checked(check, file):
    """Each file's problems are told, in the order given, and the worst decides."""
    code, out, err = check(file(WARNING, "a"), file(ERROR, "b"), file(FINE, "c"))
    assert code == 2
    assert [line.split(":")[0] for line in out.splitlines()] == ["a", "b"]
    assert err == "3 files: 1 error, 1 warning\n"


@pytest.mark.parametrize(
    ("name", "why"),
    [("absent.yaml", "No such file or directory"), (".", "Is a directory"), ("\udcff", "No such")],
)
def test_a_file_that_cannot_be_read_is_one_line(check, file, name, why):
    """A missing file is one line and exit 2; the others are checked all the same."""
    code, out, err = check(name, file(WARNING))
    assert code == 2
    assert f"error: cannot be read: {why}" in out.splitlines()[0]
    assert "t.yaml:1:1: warning" in out.splitlines()[1]
    assert err == "2 files: 1 error, 1 warning\n"


def test_without_a_file_the_config_is_checked(check, file, monkeypatch):
    """The file is pointsman.yaml, or what POINTSMAN_CONFIG says, or what --config says."""
    file(WARNING, "pointsman.yaml")
    file(FINE, "fine.yaml")
    assert "pointsman.yaml:1:1" in check()[1]
    monkeypatch.setenv("POINTSMAN_CONFIG", file(ERROR, "other.yaml"))
    assert "other.yaml:2:1" in check()[1]
    assert check("--config", "fine.yaml")[:2] == (0, "")


def test_json_says_it_all(check, file):
    """`--format json` is one object on standard output, with every problem of every file."""
    code, out, _ = check("--format", "json", file(ERROR), file(FINE, "fine"), "absent")
    assert code == 2
    first, second, third = json.loads(out)["files"]
    assert first == {
        "file": "t.yaml",
        "errors": 1,
        "warnings": 0,
        "problems": [
            {
                "severity": "error",
                "line": 2,
                "column": 1,
                "message": "unknown key `rutnimes` at the top of the file",
                "hint": "did you mean `runtimes`?",
            }
        ],
    }
    assert second == {"file": "fine", "errors": 0, "warnings": 0, "problems": []}
    assert third["problems"][0]["line"] is None


def test_github_annotations(check, file):
    """`--format github` is workflow commands, with what would end them early escaped."""
    _, out, _ = check(
        "--format", "github", file(ERROR, "a,b:c%.yaml"), file(WARNING), "absent.yaml"
    )
    error, warning, absent = out.splitlines()
    assert error.startswith("::error file=a%2Cb%3Ac%25.yaml,line=2,col=1::unknown key `rutnimes`")
    assert warning.startswith("::warning file=t.yaml,line=1,col=1::")
    assert absent.startswith("::error file=absent.yaml::cannot be read")


def test_settings_in_the_file_are_checked(check, file):
    """Values of `worker:` that the process could not use are errors with their place."""
    code, out, _ = check(
        file(
            "model: m\n"
            "worker:\n"
            "  prefetch: many\n"
            "  retry_backoff_min: 5s\n"
            "  amqp_url: http://user:canary-1@host\n"
            "  drain_timeout: ${T:-soon}\n"
            "  heartbeat: 010\n"
        )
    )
    assert code == 2
    assert [line.split(": ")[:2] for line in out.splitlines()] == [
        ["t.yaml:3:13", "error"],
        ["t.yaml:4:22", "error"],
        ["t.yaml:5:13", "error"],
        ["t.yaml:6:18", "error"],
    ]
    assert "`worker.prefetch`: 'many'" in out
    assert "retry_backoff_min is longer than retry_backoff_max" in out
    assert "canary" not in out


def test_the_settings_of_this_machine_are_not_mixed_in(check, file, monkeypatch):
    """A `POINTSMAN_*` setting that cannot be used says nothing about the file."""
    monkeypatch.setenv("POINTSMAN_PREFETCH", "many")
    assert check(file(FINE))[0] == 0


def test_variables_come_from_the_environment(check, file, monkeypatch):
    """`${NAME}` is looked up where the command runs; a key's variable need not be set."""
    text = "model: {default: m, base_url: '${POINT_URL}', api_key: '${POINT_KEY}'}\n"
    code, out, _ = check(file(text))
    assert code == 2
    assert "t.yaml:1:31: error: `model.base_url`: `${POINT_URL}` is not set" in out
    assert "POINT_KEY" not in out
    monkeypatch.setenv("POINT_URL", "https://host")
    assert check("t.yaml")[0] == 0


def test_no_key_is_shown_in_any_format(check, file):
    """Keys written out in a file, rightly or wrongly, are in no report."""
    name = file(
        "model:\n"
        "  default: m\n"
        "  api_key: canary-1\n"
        "  routes:\n"
        "    - {match: {platform: x}, api_key: 'canary-2${K}'}\n"
        "    - {match: {platform: y}, api_key: [canary-3]}\n"
        "    - {match: {platform: z}, base_url: 'https://u:canary-4@h'}\n"
    )
    for form in ("text", "json", "github"):
        code, out, err = check("--format", form, name)
        assert code == 2
        assert "canary" not in out + err


def test_a_file_of_sixteen_mebibytes_is_refused(check, tmp_path):
    """A file that is far too large for a table is an error, read no further than that."""
    with (tmp_path / "big.yaml").open("wb") as big:
        os.truncate(big.fileno(), 2**40)
    code, out, _ = check("big.yaml")
    assert code == 2
    assert "larger than" in out


def test_a_terminal_that_knows_only_ascii(check, file, monkeypatch):
    """What the terminal cannot show is escaped, and nothing fails."""
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert check(file("model: m\n\u00e9: 1\n"))[0] == 2
    terminal.flush()
    assert b"unknown key `\\xe9`" in terminal.buffer.getvalue()


def test_help_has_an_example(check):
    """`--help` shows how the command is called."""
    code, out, _ = check("--help")
    assert code == 0
    assert "pointsman check --strict pointsman.yaml" in out


@pytest.mark.parametrize("key", ["user_id", "has_media"])
@pytest.mark.parametrize("prefix", ["q\\nt.yaml:1:1: error: forged", "\\e[31m", "x" * 500])
def test_a_text_of_a_table_is_told_as_one_short_printable_line(check, file, key, prefix):
    """Whatever a condition holds, it makes no line of its own, no colours and no flood."""
    match = f'{{{key}: {{prefix: "{prefix}"}}, platform: webhook}}'
    code, out, _ = check(file(f"model: {{default: m, routes: [{{match: {match}, model: b}}]}}\n"))
    assert code == 0
    (line,) = out.splitlines()
    assert f"`routes[0]` can never match: no message fulfils `{key}: prefix " in line
    assert line.isprintable()
    assert len(line) < 300
