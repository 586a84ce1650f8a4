from dataclasses import replace
from pathlib import Path

from tests.campaign.campaign import known_trials
from tests.campaign.command import RESULTS
from tests.campaign.report import table, with_table
from tests.campaign.result import Result, append_result, read_results

RESULT = Result(
    seed=1,
    broker="3.10",
    nodes=1,
    seconds=20.0,
    workers=2,
    attempts=1100,
    confirmed=1000,
    in_doubt=100,
    deliveries=1200,
    redeliveries=150,
    jobs=1050,
    distinct=990,
    dead={"malformed": 10},
    lost=0,
    phantom=0,
    reordered=0,
    repeats=60,
    faults={"broker killed": 2},
    missed={},
    recoveries=[1.0, 3.0],
    notices=[],
)
FAILED = replace(RESULT, seed=2, broker="4.0", lost=3, problems=["3 lost"])


def test_results_are_read_as_they_were_written(tmp_path):
    """Results appended to a file come back, in order; without a file there are none."""
    file = tmp_path / "folder" / "results.jsonl"
    assert read_results(file) == []
    append_result(file, RESULT)
    append_result(file, FAILED)
    assert read_results(file) == [RESULT, FAILED]


def test_what_held_is_known_and_what_failed_is_not(tmp_path):
    """A campaign that is run again skips what held, and tries again what failed."""
    file = tmp_path / "results.jsonl"
    append_result(file, RESULT)
    append_result(file, FAILED)
    assert known_trials(file) == {RESULT.identity}


def test_the_table_has_a_row_per_broker_and_one_for_all():
    """Each column is the sum of the broker's trials, oldest version first."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table([FAILED, RESULT]).partition("Faults")[0].splitlines()
        if line.startswith("|")
    ]
    assert [row[0] for row in rows[2:]] == ["3.10", "4.0", "all"]
    figures = dict(zip(rows[0], rows[4], strict=True))
    assert (figures["schedules"], figures["held"], figures["messages"]) == ("2", "1", "2,000")
    assert (figures["lost"], figures["recovery, median"], figures["worst"]) == (
        "3",
        "2.0 s",
        "3.0 s",
    )


def test_the_table_tells_how_long_things_took():
    """Below the table: how often each thing was timed, its median and its worst; the rest is left out."""
    said = table([replace(RESULT, notices=[9.0, 31.0, 10.0]), replace(FAILED, exits=[6.04])])
    rows = [line for line in said.splitlines() if "`" in line]
    assert [row.split("|")[2:5] for row in rows] == [
        [" 3 ", " 10.0 s ", " 31.0 s "],
        [" 1 ", " 6.0 s ", " 6.0 s "],
    ]


def test_the_page_shows_the_table_of_all_results():
    """What the page of guarantees shows is what the results come to."""
    page = (Path(__file__).parents[2] / "docs" / "guarantees.md").read_text("utf-8")
    assert page == with_table(page, read_results(RESULTS))
