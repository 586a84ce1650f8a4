"""One line of the doctor, and what all of them make of the exit code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.doctor.sign import Level, Sign
from worker.failure import BROKER, FINDINGS, TOPOLOGY, USAGE

FINE = 0
# What has to be put right first comes first: without a table nothing else can be looked at.
_GRAVEST_FIRST = (USAGE, BROKER, TOPOLOGY, FINDINGS)
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in one line; `todo` says what to do about it, None where nothing is."""

    sign: Sign
    text: str
    todo: str | None = None

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.sign.level


def exit_code(findings: Iterable[Finding], *, strict: bool) -> int:
    """Return 0 if all is fine, else the code of the gravest problem; `strict` minds warnings."""
    findings = tuple(findings)
    codes = {each.sign.code for each in findings if each.level is Level.PROBLEM}
    if strict and any(each.level is Level.WARNING for each in findings):
        codes.add(FINDINGS)
    return next((code for code in _GRAVEST_FIRST if code in codes), FINE)


def listed(names: Sequence[str]) -> str:
    """Return names in a line that stays readable, however many there are."""
    more = len(names) - _LISTED
    shown = ", ".join(names[:_LISTED])
    return f"{shown} and {more:,} more" if more > 0 else shown


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number and what is counted: `1 queue`, `2,000 queues`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
