"""`pointsman check`: what is wrong with a table, and what its own tests say of it."""

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.check_view import github_lines, json_lines, summary, text_lines
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.config_file import check_file
from worker.failure import FINDINGS, USAGE
from worker.tried_file import try_file


class ReportFormat(StrEnum):
    """For people and editors, for programs, or for GitHub's annotations."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


_LINES = {
    ReportFormat.TEXT: text_lines,
    ReportFormat.JSON: json_lines,
    ReportFormat.GITHUB: github_lines,
}


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

    A file without errors has its tests run: each says what becomes of a message.

        tests:
          - name: the owner gets the strong model
            given: { platform: telegram, chat_type: dm, chat_id: 42 }
            expect: { model: my-strong-model }

    Exit codes: 0 fine or warnings only, 1 a test failed, or warnings with
    --strict, 2 errors.

    Example:  pointsman check --strict pointsman.yaml
    """
    now = datetime.now(UTC)
    found = [try_file(check_file(path, os.environ), now) for path in files or [config]]
    for line in _LINES[output](found):
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    for line in summary(found):
        sys.stderr.write(f"{line}\n")
    if any(file.checked.errors for file in found):
        raise typer.Exit(USAGE)
    warned = strict and any(file.checked.warnings for file in found)
    if warned or any(file.failed for file in found):
        raise typer.Exit(FINDINGS)
