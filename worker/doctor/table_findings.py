"""What the table file and the environment make of a worker that starts now."""

from collections.abc import Iterator, Sequence

from worker.doctor.finding import Finding, counted
from worker.doctor.sign import Sign
from worker.tried_file import TriedFile


def table_findings(tried: TriedFile, variables: Sequence[str]) -> Iterator[Finding]:
    """Judge a file; `variables` has a line for each variable that is taken for a setting."""
    checked, name = tried.checked, tried.checked.name
    see = f"`pointsman check {name}` shows each with its line"
    if checked.errors:
        first = checked.errors[0].render(name)
        yield Finding(
            Sign.TABLE_ERRORS,
            f"{counted(len(checked.errors), 'error')}: {first}",
            f"{see}; running workers keep the table they have, and one that starts ends with 2."
            " Queues and dead letters are not looked at before: `--config` takes another file",
        )
    elif checked.loaded is not None and checked.loaded.table is not None:
        table = checked.loaded.table
        rules, models = len(table.rules), len(table.known_models)
        said = f"{counted(rules, 'rule')}, {counted(models, 'model')}, table {table.digest}"
        yield Finding(Sign.TABLE_GOOD, f"{name}: {said}")
    if checked.warnings:
        yield Finding(Sign.TABLE_WARNINGS, counted(len(checked.warnings), "warning"), see)
    if tried.failed:
        yield Finding(
            Sign.TABLE_TESTS_FAILED,
            f"{counted(len(tried.failed), 'test')} of {len(tried.tried)} failed",
            f"{see}; the table does not do what whoever wrote it meant",
        )
    for line in variables:
        yield Finding(Sign.VARIABLES_UNKNOWN, line, "correct its name, or take it away")


def settings_finding(why: str) -> Finding:
    """Return what is told where the settings cannot be used, so that nothing else is looked at."""
    return Finding(Sign.SETTINGS_UNUSABLE, why, "correct it: no worker starts with it")
