"""What `pointsman import` says of its work."""

from collections.abc import Iterator

from routing.problem import quote
from worker.importing.imported_table import ImportedTable
from worker.importing.trial import Trial


def note_lines(imported: ImportedTable, name: str) -> Iterator[str]:
    """Yield `FILE:LINE: kept|changed|dropped|unknown: …`, then which variables have to be set."""
    for note in imported.notes:
        yield f"{name}:{note.line}: {note.kind}: {note.text}"
    for variable in imported.variables:
        who = "runners" if variable.is_key else "the worker"
        yield f"{name}:{variable.line}: set: {variable.name} for {who}: `{variable.was}`"


def result_lines(imported: ImportedTable, trial: Trial, output: str) -> Iterator[str]:
    """Yield what `check` says of the table, and the rules that have no test."""
    for problem in trial.problems:
        yield problem.render(output)
    for tried in trial.failed:
        yield f"{output}: test {quote(tried.test.name)} failed"
    for route in imported.untested:
        message = "no message was found that comes to it"
        yield f"{output}: no test for {quote(route)}: {message}"
    passed = len(trial.tried) - len(trial.failed)
    yield (
        f"{output}: {_count(trial.errors, 'error')}, {_count(trial.warnings, 'warning')};"
        f" tests: {passed} passed, {len(trial.failed)} failed"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
