"""Whether a trial was as promised."""

import json
from pathlib import Path

from tests.campaign.ledger import Ledger
from tests.campaign.result import Result
from tests.campaign.stage import Stage

_IN_DOUBT = ("no confirm in time", "while publishing")


def worker_doubts(directory: Path) -> int:
    """Return how many publishes the workers themselves were left in doubt about."""
    return sum(
        json.loads(line)["publishes"]
        for log in directory.glob("pointsman-*.log")
        for line in log.read_text(errors="replace").splitlines()
        if '"event":"refused"' in line and any(why in line for why in _IN_DOUBT)
    )


def problems_of(result: Result, stage: Stage, directory: Path) -> list[str]:
    """Return everything that was not as promised, in words."""
    problems = [*stage.violations, *ledger_problems(stage.ledger)]
    allowed = result.redeliveries + result.in_doubt
    if result.repeats > allowed:
        problems.append(
            f"{result.repeats} repeats, more than {result.redeliveries} redelivered"
            f" and {result.in_doubt} in doubt"
        )
    problems.extend(stage.crew.surprises())
    if any(stage.site.password in log.read_text(errors="replace") for log in _logs(directory)):
        problems.append("the broker's password is in a worker's output")
    if any("Traceback" in log.read_text(errors="replace") for log in _logs(directory)):
        problems.append("a traceback is in a worker's output")
    problems.extend(_broker_complaints(directory))
    return problems


def ledger_problems(ledger: Ledger) -> list[str]:
    """Return in what the two sides of the ledger do not agree, in words."""
    problems = []
    if ledger.lost:
        first = ", ".join(f"{chat} {number}" for chat, number in ledger.lost[:5])
        problems.append(f"{len(ledger.lost)} lost, such as {first}")
    for name, wrong in (
        ("phantom", ledger.phantoms),
        ("misrouted", ledger.misrouted),
        ("out of order", ledger.reorders),
        ("with another turn_id", ledger.other_turn_ids),
    ):
        if wrong.count:
            problems.append(f"{wrong.count} {name}: {'; '.join(wrong.examples)}")
    return problems


def _broker_complaints(directory: Path) -> list[str]:
    """Return what the broker had to close channels for, missing queues apart."""
    lines = [
        line
        for log in directory.glob("*@localhost.log")
        for line in log.read_text(errors="replace").splitlines()
        if "caused a channel exception" in line and "not_found" not in line
    ]
    return [f"the broker closed {len(lines)} channels: {lines[0]}"] if lines else []


def _logs(directory: Path) -> list[Path]:
    return sorted(directory.glob("pointsman-*.log"))
