"""A few trials of the fault campaign on fixed seeds; `make campaign` goes on from there."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from tests.broker.service import COMMAND
from tests.campaign.mutants import MUTANTS
from tests.campaign.result import Result
from tests.campaign.schedule import draw
from tests.campaign.trial import run_trial

_SECONDS = 6.0


@pytest.fixture
def try_out(installation, tmp_path) -> Callable[..., Result]:
    """Carry out a short schedule, drawn from a seed, on a node of its own."""

    def carry_out(seed: int, kinds: Collection[str], command=COMMAND) -> Result:
        schedule = replace(
            draw(seed, seconds=_SECONDS, kinds=kinds, nodes=1), workers=2, backlog=500
        )
        trial = run_trial(schedule, "installed", installation, tmp_path, print, command)
        return asyncio.run(trial)

    return carry_out


def test_faults_at_random_lose_and_reorder_nothing(try_out):
    """With broker and worker killed, a connection cut and a queue deleted all arrives, in order."""
    kinds = {"broker killed", "worker killed: confirm held", "model queue deleted"}
    result = try_out(33, kinds | {"network cut in a frame"})
    assert result.problems == []
    assert result.faults
    assert result.distinct + sum(result.dead.values()) == result.confirmed > 500


def test_a_broken_worker_is_caught(try_out):
    """A worker that lets a conversation go on past a refused turn does not pass the campaign."""
    mutant = next(each for each in MUTANTS if each.name == "no-lane-hold-on-refusal")
    result = try_out(4, {"model queue deleted"}, mutant.command())
    assert result.reordered
    assert not result.held
