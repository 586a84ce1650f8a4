"""The problems of one table, collected while it is read."""

from routing.problem import Placed, Problem, Severity, without_quoted_keys


class Report:
    """Collects problems, so that all of them can be told at once."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._errors = 0

    def error(self, place: Placed, message: str, hint: str | None = None) -> None:
        self._add(Severity.ERROR, place, message, hint)

    def warning(self, place: Placed, message: str, hint: str | None = None) -> None:
        self._add(Severity.WARNING, place, message, hint)

    def _add(self, severity: Severity, place: Placed, message: str, hint: str | None) -> None:
        self._errors += severity is Severity.ERROR
        shown = without_quoted_keys(message)
        self._problems.append(Problem(severity, place.line, place.column, shown, hint))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, in the order of the file."""
        return tuple(sorted(self._problems, key=lambda problem: (problem.line, problem.column)))

    @property
    def error_count(self) -> int:
        return self._errors
