import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts import DeadReason, Route, Runtime, SourceKind, TurnJob

GOLDEN = json.loads(
    (Path(__file__).parent.parent / "data/golden/turn_job.json").read_text(encoding="utf-8")
)


def job(**changed):
    return TurnJob.model_validate({**GOLDEN, **changed})


def test_unknown_fields_are_ignored():
    """A reader of version 1 takes a job of a later minor version, and drops what it cannot know."""
    later = job(
        version="1.7",
        novelty=1,
        runtime={**GOLDEN["runtime"], "novelty": 1},
        route={**GOLDEN["route"], "novelty": 1},
        source={**GOLDEN["source"], "novelty": 1},
    )
    assert later == job(version="1.7")


def test_an_unknown_source_kind_reads_as_stranger():
    """A reader trusts a kind of sender that it does not know as little as a stranger."""
    source = {**GOLDEN["source"], "source_kind": "archangel"}
    assert job(source=source).source.source_kind is SourceKind.STRANGER


@pytest.mark.parametrize("kind", [None, 7, ["owner"]])
def test_a_source_kind_is_text(kind):
    """What is not even text is no kind of sender."""
    with pytest.raises(ValidationError):
        job(source={**GOLDEN["source"], "source_kind": kind})


@pytest.mark.parametrize("kind", list(SourceKind))
def test_source_kinds_are_written_by_name(kind):
    """Each kind of sender is read and written by its name."""
    read = job(source={**GOLDEN["source"], "source_kind": kind.value})
    assert read.source.source_kind is kind
    assert json.loads(read.model_dump_json())["source"]["source_kind"] == kind.value


def test_a_runtime_always_travels_whole():
    """A runtime is written with all eight fields, null where nobody set one."""
    assert json.loads(Runtime(model="m").model_dump_json()) == {
        "model": "m",
        "provider": None,
        "base_url": None,
        "api_mode": None,
        "command": None,
        "args": None,
        "params": None,
        "credential": None,
    }


@pytest.mark.parametrize("reason", ["because", "", None])
def test_reasons_of_a_route_are_a_closed_set(reason):
    """A route has one of the six reasons."""
    with pytest.raises(ValidationError):
        Route.model_validate({"name": "base", "table": "x", "reason": reason})


@pytest.mark.parametrize("missing", ["turn_id", "conversation_id", "message", "runtime", "route"])
def test_a_job_without_its_core_is_refused(missing):
    """A job lacks neither its identity nor what to run nor why."""
    with pytest.raises(ValidationError):
        TurnJob.model_validate({k: v for k, v in GOLDEN.items() if k != missing})


def test_control_is_off_unless_said():
    """A reader that finds no `allow_control` obeys no commands."""
    assert not TurnJob.model_validate(
        {k: v for k, v in GOLDEN.items() if k != "allow_control"}
    ).allow_control


def test_dead_reasons_are_the_closed_set():
    """Dead letters have these reasons and no others."""
    assert {str(reason) for reason in DeadReason} == {
        "malformed",
        "unsupported_version",
        "too_large",
        "platform_mismatch",
        "untrusted_origin",
        "untrusted_publisher",
        "bad_signature",
        "expired",
        "loop",
        "rate_limited",
        "undeliverable",
        "denied",
        "internal_error",
        "broker_delivery_limit",
        "broker_expired",
        "runner_rejected",
    }
