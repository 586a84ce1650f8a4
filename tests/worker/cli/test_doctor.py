import json
import sys

import pytest

from worker.cli.app import main

NOWHERE = "amqp://somebody:secret@127.0.0.1:1/"


@pytest.fixture
def doctor(tmp_path, monkeypatch, capsys):
    """Runs `pointsman doctor` on a table, without a broker; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(table, *arguments):
        if table is not None:
            (tmp_path / "pointsman.yaml").write_text(table, "utf-8")
        given = ["doctor", f"--amqp-url={NOWHERE}", "--http=none", *arguments]
        monkeypatch.setattr(sys, "argv", ["pointsman", *given])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


def test_no_broker_is_a_problem_with_what_to_do(doctor):
    """A broker that is not there ends with 3, in a line with its id and what to do below it."""
    code, out, err = doctor("model: m")
    assert (code, err) == (3, "")
    lines = out.splitlines()
    (at,) = (n for n, line in enumerate(lines) if line.startswith("  problem  cannot connect"))
    assert "[broker_unreachable]" in out
    assert any(line.startswith("           to do: is the broker running") for line in lines[at:])
    assert lines[-1].startswith("1 problem, ")
    assert all(len(line) <= 100 for line in lines)
    assert "secret" not in out


def test_lines_are_grouped(doctor):
    """Each group has one heading, in the order in which one thing depends on another."""
    _, out, _ = doctor("model: m")
    heads = [line for line in out.splitlines()[:-1] if not line.startswith(" ")]
    assert heads[:3] == ["table", "broker", "transport"]
    assert len(set(heads)) == len(heads)


@pytest.mark.parametrize(
    ("table", "id_"),
    [
        ("model: {}", "table_errors"),
        ("modle: m", "table_errors"),
        (None, "table_errors"),
        ("model: m\nplatforms: {w: {signing_keys: {k: env:GONE}}}", "signing_key_missing"),
    ],
)
def test_what_no_worker_starts_with_ends_with_2(doctor, table, id_):
    """A table or a key that stops a start ends with 2, and the broker is looked at all the same."""
    code, out, _ = doctor(table, "--format=json")
    told = json.loads(out)
    assert code == told["exit_code"] == 2
    assert {id_, "broker_unreachable"} <= {each["id"] for each in told["findings"]}


def test_settings_that_cannot_be_used_end_with_2(doctor):
    """Without settings nobody knows which broker is meant, so nothing else is looked at."""
    code, out, _ = doctor("model: m", "--partitions=many", "--format=json")
    assert code == 2
    assert json.loads(out)["findings"][-1]["id"] == "settings_unusable"


def test_a_good_table_is_told_with_its_warnings_and_stray_variables(doctor, monkeypatch):
    """A table without errors is ok, what `check` warns of is counted, a misspelt variable is named."""
    monkeypatch.setenv("POINTSMAN_PREFETHC", "5")
    rules = "{match: {platform: x}, model: a}, {match: {platform: x}, model: b}"
    _, out, _ = doctor(f"model: {{default: m, routes: [{rules}]}}", "--format=json")
    found = {each["id"]: each["text"] for each in json.loads(out)["findings"]}
    assert found["table_good"].startswith("pointsman.yaml: 2 rules, 3 models, table ")
    assert found["table_warnings"] == "1 warning"
    assert "POINTSMAN_PREFETHC" in found["variables_unknown"]


def test_tests_of_a_table_that_fail_are_told(doctor):
    """A table whose own tests fail does not do what is expected of it."""
    table = "model: m\ntests: [{given: {platform: slack}, expect: {model: other}}]"
    _, out, _ = doctor(table, "--format=json")
    assert "table_tests_failed" in {each["id"] for each in json.loads(out)["findings"]}


def test_json_has_all_that_the_text_has(doctor):
    """In JSON each finding has id, group, level, text and what to do, and levels are counted."""
    _, out, _ = doctor("model: m", "--format=json")
    told = json.loads(out)
    assert {*told} == {"exit_code", "counts", "findings"}
    for each in told["findings"]:
        assert {*each} == {"id", "group", "level", "text", "to_do"}
        assert each["level"] == "ok" or each["to_do"]
    levels = [each["level"] for each in told["findings"]]
    assert told["counts"] == {name: levels.count(name) for name in ("ok", "warning", "problem")}


@pytest.mark.parametrize("text", ["0s", "soon"])
def test_a_timeout_is_a_duration(doctor, text):
    """A timeout that is none is one line and exit code 2."""
    code, out, err = doctor("model: m", f"--timeout={text}")
    assert (code, out) == (2, "")
    assert err.startswith("pointsman: --timeout: ")
