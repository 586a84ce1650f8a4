"""What `pointsman check` found, for people, for programs and for GitHub."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from routing.problem import Problem, Severity, quote
from routing.tried_test import Difference, TriedTest
from worker.tried_file import TriedFile

_LISTED = 10


def text_lines(files: Sequence[TriedFile]) -> Iterator[str]:
    """Yield `FILE:LINE:COLUMN: …` for every problem, then for every test that failed."""
    for file in files:
        name = file.checked.name
        for problem in file.checked.problems:
            yield problem.render(name)
        for test, difference in _failures(file):
            place = difference.expectation
            yield f"{name}:{place.line}:{place.column}: {_failure(test, difference)}"


def json_lines(files: Sequence[TriedFile]) -> Iterator[str]:
    """Yield one object."""
    yield json.dumps({"files": [_as_json(file) for file in files]}, indent=2)


def github_lines(files: Sequence[TriedFile]) -> Iterator[str]:
    """Yield workflow commands, which GitHub shows beside the lines."""
    for file in files:
        name = file.checked.name
        for problem in file.checked.problems:
            level = "error" if problem.severity is Severity.ERROR else "warning"
            yield _annotation(level, name, problem.line, problem.column, problem.text)
        for test, difference in _failures(file):
            place = difference.expectation
            text = _failure(test, difference)
            yield _annotation("error", name, place.line, place.column, text)


def summary(files: Sequence[TriedFile]) -> Iterator[str]:
    """Yield the totals; of tests, a line for each file that has some."""
    errors = sum(len(file.checked.errors) for file in files)
    warnings = sum(len(file.checked.warnings) for file in files)
    yield f"{_count(len(files), 'file')}: {_count(errors, 'error')}, {_count(warnings, 'warning')}"
    for file in files:
        whose = f"{file.checked.name}: " if len(files) > 1 else ""
        if file.untried:
            yield f"{whose}tests: {file.untried} not run, because of the errors"
        elif file.coverage is not None:
            yield f"{whose}tests: {_totals(file)}"


def _totals(file: TriedFile) -> str:
    covered = file.coverage
    failed = len(file.failed)
    said = [f"{len(file.tried) - failed} passed, {failed} failed"]
    if covered is not None and covered.rules:
        said.append(f"{covered.covered} of {_count(covered.rules, 'rule')} covered")
    if covered is not None and covered.missing:
        listed = ", ".join(covered.missing[:_LISTED])
        more = len(covered.missing) - _LISTED
        said.append(f"not covered: {listed}" + (f" and {more} more" if more > 0 else ""))
    return "; ".join(said)


def _failures(file: TriedFile) -> Iterator[tuple[TriedTest, Difference]]:
    for test in file.failed:
        for difference in test.differences:
            yield test, difference


def _failure(tried: TriedTest, difference: Difference) -> str:
    told = f"test {quote(tried.test.name)}: {_difference(difference)}"
    return f"{told}; {_way(tried)}; `pointsman explain` says why"


def _difference(difference: Difference) -> str:
    what, wanted, got = difference.expectation.what, difference.expectation.wanted, difference.got
    had = "is not set" if got is None else f"is {quote(got)}"
    return f"{what} {had}, expected {'none' if wanted is None else quote(wanted)}"


def _way(tried: TriedTest) -> str:
    """Return the way the message took, as `explain` words it."""
    end = tried.destination
    who = f"{end.source_kind or 'a message'} on {tried.test.given.platform}"
    if end.dead is not None:
        return f"{who} -> dead: {end.dead}, {end.detail}"
    return f"{who} -> {end.get('route')} -> {end.get('queue')}"


def _as_json(file: TriedFile) -> dict[str, Any]:
    checked = file.checked
    document: dict[str, Any] = {
        "file": checked.name,
        "errors": len(checked.errors),
        "warnings": len(checked.warnings),
        "problems": [_problem_as_json(problem) for problem in checked.problems],
    }
    if file.tried or file.untried:
        document["tests"] = _tests_as_json(file)
    return document


def _problem_as_json(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity.value,
        "line": problem.line or None,
        "column": problem.column or None,
        "message": problem.message,
        "hint": problem.hint,
    }


def _tests_as_json(file: TriedFile) -> dict[str, Any]:
    covered, failed = file.coverage, len(file.failed)
    return {
        "passed": len(file.tried) - failed,
        "failed": failed,
        "not_run": file.untried,
        "rules": None if covered is None else covered.rules,
        "rules_covered": None if covered is None else covered.covered,
        "not_covered": [] if covered is None else covered.missing,
        "failures": [_failure_as_json(*each) for each in _failures(file)],
    }


def _failure_as_json(tried: TriedTest, difference: Difference) -> dict[str, Any]:
    expectation, end = difference.expectation, tried.destination
    return {
        "test": tried.test.name,
        "line": expectation.line,
        "column": expectation.column,
        "what": expectation.what,
        "got": difference.got,
        "expected": expectation.wanted,
        "source_kind": end.source_kind,
        "route": end.get("route"),
        "queue": end.get("queue"),
        "dead": end.dead,
        "detail": end.detail or None,
    }


def _annotation(level: str, name: str, line: int, column: int, text: str) -> str:
    place = f",line={line},col={column}" if line else ""
    file = _escaped(name).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={file}{place}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
