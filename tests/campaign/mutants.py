"""Does the campaign bite? Broken workers, each on a schedule of its own, each to be caught."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.campaign.campaign import carry_out
from tests.campaign.mutation import MUTATIONS
from tests.campaign.progress import Progress
from tests.campaign.release import NoSuchRelease, Release
from tests.campaign.schedule import Schedule, draw

_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutation, and the schedule that shows it."""

    name: str
    seed: int
    kinds: frozenset[str]
    settings: Mapping[str, str] = field(default_factory=dict)

    def schedule(self) -> Schedule:
        drawn = draw(self.seed, seconds=_SECONDS, kinds=self.kinds, nodes=1)
        settings = {
            **drawn.settings,
            "partitions": "8",
            "prefetch": "100",
            "lane_deadline": "60s",
            **self.settings,
        }
        return replace(drawn, workers=2, settings=settings)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.campaign.launcher", self.name]


MUTANTS = (
    Mutant(
        "ack-before-the-confirm",
        1,
        frozenset({"worker killed: publish held", "network cut in a frame"}),
    ),
    Mutant("no-single-active-consumer", 3, frozenset({"network stalled"})),
    Mutant("requeue-on-failure", 1, frozenset({"model queue full"})),
    Mutant("no-lane-hold-on-refusal", 3, frozenset({"model queue full", "model queue deleted"})),
    Mutant("same-message-id-on-retry", 1, frozenset({"model queue deleted"})),
    Mutant(
        "swallowed-cancellation",
        3,
        frozenset({"one connection stalled"}),
        {"publish_timeout": "2s"},
    ),
    Mutant(
        "cancel-on-drain",
        20,
        frozenset({"worker drained", "model queue full"}),
        {"turns_max_length": "100"},
    ),
    Mutant("ack-too-far", 4, frozenset({"model queue full", "worker killed"})),
    Mutant("window-too-early", 3, frozenset({"connection lost: publish held"})),
    Mutant("new-turn-id-each-time", 1, frozenset({"network cut in a frame"})),
    Mutant("no-watchdog", 1, frozenset({"deliveries swallowed"})),
)


def run_all(names: Sequence[str], release: Release, progress: Progress) -> int:
    """Run each mutant, or those named; return 0 only if every one was caught."""
    unknown = set(names) - MUTATIONS.keys()
    if unknown:
        raise NoSuchRelease(f"no such mutant: {', '.join(sorted(unknown))}")
    survivors = []
    for mutant in MUTANTS:
        if names and mutant.name not in names:
            continue
        progress.note(f"mutant {mutant.name}")
        result = carry_out(mutant.schedule(), release, progress, mutant.command())
        caught = not result.held
        sys.stdout.write(
            f"{mutant.name:28} {_verdict(result.problems) if caught else 'SURVIVED'}\n"
        )
        sys.stdout.flush()
        if not caught:
            survivors.append(mutant.name)
    return 1 if survivors else 0


def _verdict(problems: Sequence[str]) -> str:
    return f"caught: {problems[0][:100]}"
