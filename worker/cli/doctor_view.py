"""What `pointsman doctor` found, for people and for programs."""

import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from worker.cli.line_width import line_width
from worker.cli.plain import plain
from worker.doctor.finding import Finding, counted
from worker.doctor.sign import Group, Level

_PIPED = 1000
_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}
_MARGIN = " " * 2
_INDENT = " " * (len(_MARGIN) + max(len(level) for level in Level) + 2)


def print_text(found: Sequence[Finding]) -> None:
    """Print a line for each finding, by its group, what to do below it, and the totals."""
    console = Console(width=line_width(_PIPED), highlight=False)
    order = list(Group)
    in_order = sorted(found, key=lambda each: order.index(each.sign.group))
    for group, findings in groupby(in_order, key=lambda each: each.sign.group):
        console.print(Text(group.value, style="bold"))
        for finding in findings:
            _print(console, finding)
    console.print(Text(_summary(found)))


def json_lines(found: Sequence[Finding], code: int) -> Iterator[str]:
    """Yield one object: every finding with its id, the totals, and the exit code."""
    counts = Counter(each.level for each in found)
    body = {
        "exit_code": code,
        "counts": {level.value: counts[level] for level in Level},
        "findings": [
            {
                "id": each.sign.id,
                "group": each.sign.group.value,
                "level": each.level.value,
                "text": each.text,
                "to_do": each.todo,
            }
            for each in found
        ],
    }
    yield json.dumps(body, indent=2, ensure_ascii=False)


def _print(console: Console, finding: Finding) -> None:
    level = finding.level
    # The id is what docs/operating.md explains; of what is well there is nothing to explain.
    said = finding.text if level is Level.OK else f"{finding.text} [{finding.sign.id}]"
    first, *rest = _wrapped(said, console.width)
    line = Text(_MARGIN)
    line.append(level.value, style=_STYLES[level])
    line.append(" " * (len(_INDENT) - len(line)) + first)
    console.print(line, soft_wrap=True)
    for more in rest:
        console.print(Text(_INDENT + more), soft_wrap=True)
    if finding.todo is not None:
        for more in _wrapped(f"to do: {finding.todo}", console.width):
            console.print(Text(_INDENT + more, style="dim"), soft_wrap=True)


def _wrapped(text: str, width: int) -> list[str]:
    room = max(20, width - len(_INDENT))
    # Names are copied into other commands, so they are never cut.
    return textwrap.wrap(plain(text), room, break_long_words=False, break_on_hyphens=False) or [""]


def _summary(found: Sequence[Finding]) -> str:
    counts = Counter(each.level for each in found)
    problems = counted(counts[Level.PROBLEM], "problem")
    return f"{problems}, {counted(counts[Level.WARNING], 'warning')}, {counts[Level.OK]} ok"
