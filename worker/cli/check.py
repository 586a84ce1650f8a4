"""`pointsman check`: what is wrong with a table."""

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from routing.problem import Problem, Severity
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.config_file import CheckedFile, check_file
from worker.failure import FINDINGS, USAGE


class ReportFormat(StrEnum):
    """For people and editors, for programs, or for GitHub's annotations."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Instead of the one that --config names."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 on warnings.")] = False,
    output: Annotated[
        ReportFormat, typer.Option("--format", help="How to report.")
    ] = ReportFormat.TEXT,
) -> None:
    """Check routing tables: every problem at once, as FILE:LINE:COLUMN: error|warning: ...

    Exit codes: 0 fine or warnings only, 1 warnings with --strict, 2 errors.

    Example:  pointsman check --strict pointsman.yaml
    """
    checked = [check_file(path, os.environ) for path in files or [config]]
    errors = sum(len(file.errors) for file in checked)
    warnings = sum(len(file.warnings) for file in checked)
    for line in _lines(checked, output):
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    sys.stderr.write(
        f"{_count(len(checked), 'file')}: {_count(errors, 'error')},"
        f" {_count(warnings, 'warning')}\n"
    )
    if errors:
        raise typer.Exit(USAGE)
    if warnings and strict:
        raise typer.Exit(FINDINGS)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _lines(checked: Sequence[CheckedFile], output: ReportFormat) -> list[str]:
    if output is ReportFormat.JSON:
        return [json.dumps({"files": [_as_json(file) for file in checked]}, indent=2)]
    found = ((file.name, problem) for file in checked for problem in file.problems)
    if output is ReportFormat.GITHUB:
        return [_annotation(name, problem) for name, problem in found]
    return [problem.render(name) for name, problem in found]


def _as_json(file: CheckedFile) -> dict[str, Any]:
    return {
        "file": file.name,
        "errors": len(file.errors),
        "warnings": len(file.warnings),
        "problems": [
            {
                "severity": problem.severity.value,
                "line": problem.line or None,
                "column": problem.column or None,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in file.problems
        ],
    }


def _annotation(name: str, problem: Problem) -> str:
    """Return a workflow command, which GitHub shows beside the line."""
    level = "error" if problem.severity is Severity.ERROR else "warning"
    place = f",line={problem.line},col={problem.column}" if problem.line else ""
    file = _escaped(name).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={file}{place}::{_escaped(problem.text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
