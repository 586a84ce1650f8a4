from hashlib import sha256

import pytest

from tests.routing.reference_router.worked_message import facts
from tests.routing.reference_router.worked_table import (
    BASE_RUNTIME,
    CODEX_RUNTIME,
    decide,
    runtime,
    table,
)


def test_a_named_runtime_in_a_rule_is_whole():
    """A rule with a `runtime` takes nothing from the base, and lays its own fields over it."""
    assert runtime(decide(table({"runtime": "codex"}))) == CODEX_RUNTIME
    decision = decide(table({"runtime": "codex", "model": "a"}))
    assert runtime(decision) == {**CODEX_RUNTIME, "model": "a"}


def test_queue_priority_and_expiry():
    """A rule's queue, priority and expiry are the turn's, a priority of zero among them."""
    decision = decide(table({"queue": "batch", "priority": 0, "expires_in": "10m"}))
    assert (decision["queue"], decision["priority"], decision["expires_in"]) == (
        "batch",
        0,
        600_000,
    )


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("500ms", 500), ("60s", 60_000), ("10m", 600_000), ("5", 5000), (5, 5000)],
)
def test_durations(duration, expected):
    """A duration has a unit, or is in seconds."""
    assert decide(table({"expires_in": duration}))["expires_in"] == expected


def test_fallbacks_are_laid_over_the_rule():
    """A fallback is a named runtime, whole, or fields over this rule's runtime or a named one."""
    fallbacks = ["codex", {"model": "b"}, {"runtime": "codex", "model": "c"}]
    decision = decide(table({"model": "a", "provider": "p", "fallbacks": fallbacks}))
    assert decision["fallbacks"] == [
        CODEX_RUNTIME,
        {**BASE_RUNTIME, "model": "b", "provider": "p"},
        {**CODEX_RUNTIME, "model": "c"},
    ]


@pytest.mark.parametrize(
    "fields", [{}, {"fallbacks": []}, {"fallbacks": None}, {"runtime": "codex"}]
)
def test_the_bases_fallbacks_are_inherited_as_resolved_there(fields):
    """A rule that states no fallbacks has the base's, laid over the base and not over the rule."""
    base = {"fallbacks": [{"model": "b"}]}
    decision = decide(table({"provider": "p", **fields}, base=base))
    assert decision["fallbacks"] == [{**BASE_RUNTIME, "model": "b"}]


def point(conversation, total):
    return int.from_bytes(sha256(conversation.encode()).digest()[:8], "big") % total


def test_a_split_is_chosen_by_the_conversation():
    """Weights are walked in order by the hash of the conversation's key, always alike."""
    document = table(
        {"model": "a", "split": [{"weight": 1}, {"weight": 3, "name": "new", "model": "b"}]}
    )
    for number in range(40):
        key = f"größe/{number}"
        decision = decide(document, facts(conversation=key))
        expected = ("a", "0") if point(key, 4) < 1 else ("b", "new")
        assert (decision["model"], decision["route"]["variant"]) == expected


def test_a_variant_is_laid_over_its_rule():
    """A variant has the rule's queue, expiry, runtime and fallbacks but for what it states."""
    variant = {"weight": 1, "priority": 3, "base_url": "https://v"}
    fields = {
        "model": "a",
        "queue": "q",
        "priority": 1,
        "expires_in": 1,
        "fallbacks": [{"model": "b"}],
    }
    decision = decide(table({**fields, "split": [variant]}))
    assert runtime(decision) == {**BASE_RUNTIME, "model": "a", "base_url": "https://v"}
    assert (decision["queue"], decision["priority"], decision["expires_in"]) == ("q", 3, 1000)
    assert decision["fallbacks"] == [{**BASE_RUNTIME, "model": "b"}]


def test_a_variants_own_fallbacks_are_laid_over_the_variant():
    """Fallbacks stated by a variant start from the variant's runtime."""
    variant = {"weight": 1, "runtime": "codex", "fallbacks": [{"model": "b"}]}
    decision = decide(table({"model": "a", "split": [variant]}))
    assert runtime(decision) == CODEX_RUNTIME
    assert decision["fallbacks"] == [{**CODEX_RUNTIME, "model": "b"}]
