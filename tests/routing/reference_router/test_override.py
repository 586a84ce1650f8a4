import pytest

from tests.routing.reference_router.worked_message import facts
from tests.routing.reference_router.worked_table import (
    BASE_RUNTIME,
    CODEX_RUNTIME,
    decide,
    route,
    runtime,
    table,
)


def wish(kind="owner", platform="telegram", purpose="turn", **override):
    return facts({"override": override, "purpose": purpose}, source_kind=kind, platform=platform)


RICH = {"model": "a", "queue": "q", "priority": 2, "fallbacks": ["codex"]}


def test_a_named_runtime_is_taken_whole():
    """An owner's runtime answers without rule, queue, priority or fallbacks."""
    decision = decide(table(RICH, base={"fallbacks": ["codex"]}), wish(runtime="codex", model="a"))
    assert decision == {
        **CODEX_RUNTIME,
        "queue": None,
        "priority": None,
        "expires_in": None,
        "fallbacks": [],
        "route": route("runtimes.codex", None, "runtime"),
    }


def test_a_named_model_goes_over_the_routed_turn():
    """An owner's model has its own queue, and keeps priority, fallbacks and variant."""
    document = table({**RICH, "split": [{"weight": 1, "name": "v"}]}, models=["turbo"])
    decision = decide(document, wish(model="turbo"))
    assert runtime(decision) == {**BASE_RUNTIME, "model": "turbo"}
    assert (decision["queue"], decision["priority"]) == (None, 2)
    assert decision["fallbacks"] == [CODEX_RUNTIME]
    assert decision["route"] == route("routes[0]", 0, "override", variant="v")


@pytest.mark.parametrize("model", ["base-m", "a", "turbo"])
def test_what_a_stranger_may_name(model):
    """A stranger may name the base's model, the matched rule's and those listed."""
    decision = decide(table({"model": "a"}, models=["turbo"]), wish("stranger", model=model))
    assert (decision["model"], decision["route"]["reason"]) == (model, "override")


@pytest.mark.parametrize("model", ["gpt", "b", "v", "f", "cheap"])
def test_every_model_of_the_table_is_known(model):
    """Models of runtimes, rules, variants, fallbacks and the cheap one may be named by an owner only."""
    document = table(
        {"model": "a"},
        {"model": "b", "split": [{"weight": 1, "model": "v"}], "fallbacks": [{"model": "f"}]},
        smart_model_routing={"enabled": True, "cheap_model": {"model": "cheap"}},
    )
    assert decide(document, wish(model=model))["model"] == model
    ignored = decide(document, wish("stranger", model=model))
    assert (ignored["model"], ignored["route"]["override_ignored"]) == ("a", "not_listed")


@pytest.mark.parametrize(
    ("override", "policy", "reason"),
    [
        ({"model": "made-up"}, "any", "unknown"),
        ({"runtime": "made-up"}, "any", "unknown"),
        ({"runtime": "codex"}, "listed", "not_listed"),
        ({"model": "gpt"}, "listed", "not_listed"),
        ({"model": "made-up"}, "listed", "unknown"),
        ({"model": "base-m"}, "none", "closed"),
        ({"runtime": "codex"}, "none", "closed"),
        ({"runtime": "", "model": None}, "none", None),
        ({"provider": "p"}, "any", None),
    ],
)
def test_what_may_not_be_named_is_ignored(override, policy, reason):
    """What may not be named changes nothing, and the route says why."""
    decision = decide(table({"model": "a"}, overrides={"owner": policy}), wish(**override))
    assert decision["model"] == "a"
    assert decision["route"] == route("routes[0]", 0, "matched", reason)


def test_a_model_is_tried_where_the_runtime_may_not_be_named():
    """A model is obeyed beside a runtime that is not, and the route tells of the runtime."""
    decision = decide(table(), wish("stranger", runtime="codex", model="base-m"))
    assert decision["route"] == route("base", None, "override", "not_listed")


def test_a_memory_flush_uses_the_base():
    """A memory flush is the base with the base's fallbacks, before any rule or override."""
    document = table(RICH, base={"fallbacks": [{"model": "f"}]})
    decision = decide(document, wish(purpose="memory_flush", runtime="codex"))
    assert runtime(decision) == BASE_RUNTIME
    assert decision["fallbacks"] == [{**BASE_RUNTIME, "model": "f"}]
    assert (decision["queue"], decision["priority"]) == (None, None)
    assert decision["route"] == route("base", None, "memory_flush", "memory_flush")


@pytest.mark.parametrize("kind", ["hub_peer", "stranger"])
def test_a_peers_memory_flush_is_a_turn_like_any_other(kind):
    """A peer's memory flush is routed, and so is that of a peer who claims to be a stranger."""
    decision = decide(table({"model": "a"}), wish(kind, platform="hub:x", purpose="memory_flush"))
    assert decision["route"] == route("routes[0]", 0, "matched")


def test_a_peer_gains_nothing_by_calling_itself_a_stranger():
    """Where peers may name nothing, a peer who claims to be a stranger may not either."""
    document = table(models=["turbo"], overrides={"hub_peer": "none", "stranger": "any"})
    decision = decide(document, wish("stranger", platform="hub", model="turbo"))
    assert decision["route"]["override_ignored"] == "closed"
