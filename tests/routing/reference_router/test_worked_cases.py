import json
from pathlib import Path

import pytest

from tests.routing.reference_router.reference_decision import reference_decision
from tests.routing.reference_router.worked_message import facts

CASES = [
    case
    for line in (Path(__file__).parents[2] / "data" / "routing.jsonl")
    .read_text("utf-8")
    .splitlines()
    if "runtime" in (case := json.loads(line))["expect"] and "config" in case
]


def kind_of(case):
    """The source kind that the case names, or else the plainest reading of who wrote."""
    source = case["message"]["source"]
    people = case["config"].get("platforms", {}).get(source["platform"], {})
    if "source_kind" in case["expect"]:
        return case["expect"]["source_kind"]
    if source["platform"] in {"hub", "cron"}:
        return {"hub": "hub_peer", "cron": "cron"}[source["platform"]]
    is_home = source["chat_type"] == "dm" and source["chat_id"] == people.get("home_channel")
    return "owner" if is_home else "stranger"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['why']}")
def test_a_worked_case_is_decided_as_it_says(case):
    """The reference decides a worked case as the case expects."""
    message, expect = case["message"], case["expect"]
    given = facts(message, platform=message["source"]["platform"], source_kind=kind_of(case))
    decision = reference_decision(case["config"], given)
    assert {name: decision[name] for name in expect["runtime"]} == expect["runtime"]
    if "override_ignored" in expect:
        assert bool(decision["route"]["override_ignored"]) is expect["override_ignored"]


def test_most_worked_cases_are_here():
    """The file has cases of runtimes to decide, and they were found."""
    assert len(CASES) > 25
