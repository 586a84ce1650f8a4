"""Trial after trial, on one broker version after the other, until told to stop."""

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from tests.broker.service import COMMAND
from tests.campaign.progress import Progress
from tests.campaign.release import Release
from tests.campaign.result import Result, append_result, read_results
from tests.campaign.schedule import Schedule, draw
from tests.campaign.trial import run_trial


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign is to do."""

    seed: int
    """Of the first schedule; the others follow on."""
    schedules: int | None
    """Per broker version; None: until the time is up."""
    minutes: float | None
    seconds: float
    kinds: frozenset[str] | None
    nodes: int | None
    again: bool
    """Whether to carry out schedules whose result is known, too."""
    results: Path


def run_campaign(plan: Plan, releases: Sequence[Release], progress: Progress) -> list[Result]:
    """Carry out schedules and append each result; return those of this run."""
    until = float("inf") if plan.minutes is None else time.monotonic() + 60 * plan.minutes
    known = set() if plan.again else known_trials(plan.results)
    commit = _commit()
    found: list[Result] = []
    for release, seed in _turns(plan, releases):
        if time.monotonic() > until:
            break
        schedule = draw(seed, seconds=plan.seconds, kinds=plan.kinds, nodes=plan.nodes)
        if _identity(schedule, release) in known:
            progress.note(f"{release.version}  seed {seed}  held before")
            continue
        result = replace(carry_out(schedule, release, progress), commit=commit)
        append_result(plan.results, result)
        found.append(result)
    return found


def carry_out(
    schedule: Schedule,
    release: Release,
    progress: Progress,
    command: Sequence[str] = COMMAND,
) -> Result:
    """Carry out one schedule; what the processes said is kept only if something was wrong."""
    progress.begin(schedule, release.version)
    directory = Path(tempfile.mkdtemp(prefix="pointsman-campaign-"))
    trial = run_trial(
        schedule, release.version, release.installation, directory, progress.now, command
    )
    result = asyncio.run(trial)
    if result.held:
        shutil.rmtree(directory)
    progress.end(result, directory, command is COMMAND)
    return result


def _turns(plan: Plan, releases: Sequence[Release]) -> Iterator[tuple[Release, int]]:
    """Give each version its turn with a seed before the next seed."""
    seeds = count(plan.seed)
    for number, seed in enumerate(seeds):
        if plan.schedules is not None and number >= plan.schedules:
            return
        for release in releases:
            yield release, seed


def known_trials(file: Path) -> set[tuple[object, ...]]:
    """Return what has held already; what failed is tried again."""
    return {result.identity for result in read_results(file) if result.held}


def _commit() -> str | None:
    """Return the commit of this checkout, with a + if there are changes; None outside of git."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def _identity(schedule: Schedule, release: Release) -> tuple[object, ...]:
    kinds = tuple(schedule.kinds or ())
    return release.version, schedule.seed, schedule.seconds, schedule.nodes, kinds
