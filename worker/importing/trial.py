"""Tries what was made: whether it loads, and what becomes of its tests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from routing.decide import Router
from routing.expand import NAME
from routing.load_table import LoadedTable, load_table
from routing.problem import Problem, Severity
from routing.tried_test import TriedTest, try_test
from worker.importing.yaml_text import Value, yaml_text

_VARIABLE = re.compile(rf"\$\{{({NAME.pattern})\}}")
_MAX_HOPS = 8


@dataclass(frozen=True, slots=True)
class Trial:
    """What `check` would say of a table."""

    problems: tuple[Problem, ...]
    tried: tuple[TriedTest, ...]
    """None where there are errors."""

    @property
    def errors(self) -> int:
        return sum(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def warnings(self) -> int:
        return len(self.problems) - self.errors

    @property
    def failed(self) -> tuple[TriedTest, ...]:
        return tuple(each for each in self.tried if each.differences)

    @property
    def is_sound(self) -> bool:
        return not self.errors and not self.failed


def try_text(text: str, now: datetime) -> Trial:
    """Load a table and try its tests; `now` is for those that do not say when they are."""
    loaded = _load(text)
    if loaded.table is None:
        return Trial(loaded.problems, ())
    router = Router(loaded.table)
    tried = (try_test(test, router, now, _MAX_HOPS) for test in loaded.tests)
    return Trial(loaded.problems, tuple(tried))


def why_not(document: Mapping[str, Value]) -> str | None:
    """Return what is wrong with a table, in words; None if it loads."""
    for problem in _load(yaml_text(document)).problems:
        if problem.severity is Severity.ERROR:
            return problem.text
    return None


def _load(text: str) -> LoadedTable:
    # What is in the variables is not known here, so there is something in each.
    return load_table(text.encode(), dict.fromkeys(_VARIABLE.findall(text), "unset"))
