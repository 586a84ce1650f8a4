"""How the demo went: whether every message that was fed is accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.demo.ledger import Ledger

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Well, or what went wrong, a line each."""

    balance: str
    """What was fed, and what became of it, as a sum."""
    faults: tuple[str, ...]

    @property
    def well(self) -> bool:
        return not self.faults


def judge(ledger: Ledger, faults: Sequence[str] = ()) -> Verdict:
    """Return the verdict over a run that has ended. `faults` are those known already."""
    found = [*faults]
    if ledger.fed == 0:
        found.append("nothing was fed")
    if ledger.outstanding:
        named = ", ".join(map(str, ledger.missing(_NAMED)))
        found.append(f"{_count(ledger.outstanding, 'message')} fed and not accounted for: {named}")
    if ledger.out_of_order:
        found.append(f"{_count(ledger.out_of_order, 'message')} out of order within a conversation")
    if ledger.phantoms:
        found.append(f"{_count(ledger.phantoms, 'message')} came out that nobody fed")
    return Verdict(_balance(ledger), tuple(found))


def _balance(ledger: Ledger) -> str:
    dead, repeats = ledger.dead.total(), ledger.dropped + ledger.repeats
    fed, run = _count(ledger.fed, "message"), _count(ledger.jobs, "turn")
    return (
        f"{fed} fed: {run} run, {_count(dead, 'dead letter')}, {_count(repeats, 'repeat')} dropped"
    )


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
