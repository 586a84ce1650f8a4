"""`pointsman check` tries a file's own tests."""

import json
import sys
from pathlib import Path

import pytest

from worker.cli.app import main

EXAMPLE = Path(__file__).parents[3] / "examples/pointsman.yaml"
TABLE = """\
model:
  default: base-m
  routes:
    - { match: { platform: evil }, deny: true }
    - { match: { source_kind: owner }, model: strong-m }
"""
PASSING = """\
tests:
  - { given: { platform: evil }, expect: { dead: denied } }
"""
FAILING = """\
tests:
  - name: the terminal
    given: { platform: cli }
    expect: { model: strong-m, route: base }
  - given: { platform: evil }
    expect: { model: null, source_kind: owner }
"""
FAILED = (
    "t.yaml:9:32: test `the terminal`: route is `routes[1]`, expected `base`;"
    " owner on cli -> routes[1] -> turns.strong-m; `pointsman explain` says why\n"
    "t.yaml:11:28: test `tests[1]`: source_kind is `stranger`, expected `owner`;"
    " stranger on evil -> dead: denied, denied by `routes[0]`; `pointsman explain` says why\n"
)
SOUND = "1 file: 0 errors, 0 warnings\n"


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Runs `pointsman check` on files of these texts; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*texts, options=()):
        names = ["t.yaml", "u.yaml", "v.yaml"][: len(texts)]
        for name, text in zip(names, texts, strict=True):
            (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["pointsman", "check", *options, *names])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


def test_tests_that_pass_are_counted(check):
    """Passing tests are exit 0 and one line, which names the rules that no test comes to."""
    assert check(TABLE + PASSING) == (
        0,
        "",
        f"{SOUND}tests: 1 passed, 0 failed; 1 of 2 rules covered; not covered: routes[1]\n",
    )


def test_tests_that_fail_are_exit_1(check):
    """Each expectation that is not met is a line with its place, what there was, and the way."""
    assert check(TABLE + FAILING) == (
        1,
        FAILED,
        f"{SOUND}tests: 0 passed, 2 failed; 2 of 2 rules covered\n",
    )


def test_what_is_expected_not_to_be_set(check):
    """A difference from nothing, on either side, is said in words."""
    tests = "tests: [{given: {platform: x}, expect: {model: null, provider: p}}]\n"
    _, out, _ = check(TABLE + tests)
    first, second = out.splitlines()
    assert "test `tests[0]`: model is `base-m`, expected none; " in first
    assert "test `tests[0]`: provider is not set, expected `p`; " in second


def test_errors_beat_failures(check):
    """A file with errors has no test run, says so, and is exit 2."""
    code, out, err = check(f"{TABLE}modles: []\n{FAILING}")
    assert code == 2
    assert "test `" not in out
    assert err == "1 file: 1 error, 0 warnings\ntests: 2 not run, because of the errors\n"


def test_an_unusable_setting_is_an_error_as_well(check):
    """What only the process would notice keeps the tests from running too."""
    code, _, err = check(f"{TABLE}worker: {{ max_hops: many }}\n{PASSING}")
    assert code == 2
    assert "tests: 1 not run" in err


def test_warnings_alone_stay_exit_0(check):
    """With passing tests a warning is exit 1 only if strict; a failing test is exit 1 anyway."""
    warned = f"trust: open\n{TABLE}"
    assert check(warned + PASSING)[0] == 0
    assert check(warned + PASSING, options=["--strict"])[0] == 1
    assert check(warned + FAILING)[0] == 1
    _, out, _ = check(warned + FAILING)
    assert "t.yaml:1:1: warning: " in out.splitlines()[0]
    assert "test `the terminal`" in out.splitlines()[1]


def test_the_settings_of_the_file_count(check):
    """The limit of hops is the one in `worker:`."""
    tests = "tests: [{given: {platform: x, hops: 3}, expect: {dead: loop}}]\n"
    assert check(f"{TABLE}worker: {{ max_hops: 2 }}\n{tests}")[0] == 0
    assert check(TABLE + tests)[0] == 1


def test_the_moment_is_now(check):
    """A test that does not say when it is runs at the moment of the check."""
    table = "model: {default: m, routes: [{match: {time: {days: mon-sun}}, model: any-day}]}\n"
    tests = "tests: [{given: {platform: x}, expect: {model: any-day}}]\n"
    assert check(table + tests)[0] == 0


def test_several_files_have_a_line_each(check):
    """Of several files those with tests are named, and the worst decides."""
    code, out, err = check(TABLE, TABLE + PASSING, TABLE + FAILING)
    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == ["v.yaml", "v.yaml"]
    assert err.splitlines() == [
        "3 files: 0 errors, 0 warnings",
        "u.yaml: tests: 1 passed, 0 failed; 1 of 2 rules covered; not covered: routes[1]",
        "v.yaml: tests: 0 passed, 2 failed; 2 of 2 rules covered",
    ]


def test_many_rules_that_no_test_comes_to_are_a_few_and_a_number(check):
    """The line stays one line; the JSON has them all."""
    routes = "".join(f"    - {{match: {{platform: p{at}}}, model: m}}\n" for at in range(14))
    table = f"model:\n  default: m\n  routes:\n{routes}"
    tests = "tests: [{given: {platform: p0}, expect: {model: m}}]\n"
    _, _, err = check(table + tests)
    assert err.endswith("routes[9], routes[10] and 3 more\n")
    _, out, _ = check(table + tests, options=["--format", "json"])
    assert len(json.loads(out)["files"][0]["tests"]["not_covered"]) == 13


def test_a_table_without_rules_has_no_coverage(check):
    """Where there is no rule, none is said to be covered."""
    _, _, err = check("model: m\ntests: [{given: {platform: x}, expect: {model: m}}]\n")
    assert err == f"{SOUND}tests: 1 passed, 0 failed\n"


def test_json_says_what_failed(check):
    """`--format json` has the totals, the coverage, and each difference with the way taken."""
    code, out, _ = check(TABLE + FAILING, TABLE + PASSING, TABLE, options=["--format", "json"])
    assert code == 1
    failing, passing, none = json.loads(out)["files"]
    assert "tests" not in none
    assert passing["tests"] == {
        "passed": 1,
        "failed": 0,
        "not_run": 0,
        "rules": 2,
        "rules_covered": 1,
        "not_covered": ["routes[1]"],
        "failures": [],
    }
    terminal, evil = failing["tests"]["failures"]
    assert terminal == {
        "test": "the terminal",
        "line": 9,
        "column": 32,
        "what": "route",
        "got": "routes[1]",
        "expected": "base",
        "source_kind": "owner",
        "route": "routes[1]",
        "queue": "turns.strong-m",
        "dead": None,
        "detail": None,
    }
    assert (evil["dead"], evil["detail"]) == ("denied", "denied by `routes[0]`")


def test_json_says_that_nothing_was_run(check):
    """With errors the tests are counted as not run, and there is no coverage."""
    code, out, _ = check(f"{TABLE}modles: []\n{FAILING}", options=["--format", "json"])
    assert code == 2
    tests = json.loads(out)["files"][0]["tests"]
    assert (tests["passed"], tests["failed"], tests["not_run"], tests["rules"]) == (0, 0, 2, None)


def test_github_annotations_of_failed_tests(check):
    """`--format github` shows a failed test as an error beside its expectation."""
    code, out, _ = check(TABLE + FAILING, options=["--format", "github"])
    assert code == 1
    assert out.splitlines()[0].startswith(
        "::error file=t.yaml,line=9,col=32::test `the terminal`: route is `routes[1]`, expected"
    )


def test_a_malformed_test_is_an_error(check):
    """A `tests:` block that cannot be read is exit 2, with its place."""
    code, out, _ = check(
        f"{TABLE}tests:\n  - given: {{ platform: x }}\n    expcet: {{ model: m }}\n"
    )
    assert code == 2
    assert "t.yaml:8:5: error: unknown key `expcet` in `tests[0]`; did you mean `expect`?" in out


def test_the_example_passes_its_own_tests(check):
    """The example has no finding, and its tests come to every rule."""
    code, out, err = check(EXAMPLE.read_text("utf-8"), options=["--strict"])
    assert (code, out) == (0, "")
    assert err.endswith("tests: 4 passed, 0 failed; 3 of 3 rules covered\n")
