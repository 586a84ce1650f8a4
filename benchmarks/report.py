"""Results as tables for people and as JSON lines for programs."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Report:
    """Prints tables; with a `file`, also adds each row to it as one line of JSON."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def say(self, text: str) -> None:
        print(text, flush=True)

    def table(self, title: str, rows: Sequence[Row]) -> None:
        """Show rows that have the same keys; the keys are the headings."""
        heads = tuple(rows[0])
        cells = [heads, *(tuple(_shown(row[head]) for head in heads) for row in rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
        print(f"\n{title}")
        for line in cells:
            first, *others = (text.ljust(width) for text, width in zip(line, widths, strict=True))
            numbers = (text.strip().rjust(len(text)) for text in others)
            print("  ".join(("", first, *numbers)).rstrip())
        print(flush=True)
        self.keep(title, rows)

    def keep(self, title: str, rows: Sequence[Row]) -> None:
        """Write rows to the file only."""
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                for row in rows:
                    file.write(json.dumps({"measurement": title, **row}) + "\n")


def this_machine() -> str:
    """Return one line about where the figures come from."""
    return (
        f"{os.cpu_count()} processors ({_processor()}), Linux {platform.release()},"
        f" Python {platform.python_version()}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
