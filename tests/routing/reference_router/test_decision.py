from hashlib import sha256

import pytest

from tests.routing.reference_router.reference_decision import reference_decision
from tests.routing.reference_router.reference_runtime import NOTHING
from tests.routing.reference_router.worked_message import facts, source

BASE = {"default": "base-m", "provider": "custom", "api_key": "${BASE}", "base_url": "https://b/v1"}
CODEX = {"model": "gpt", "provider": "openai", "api_key": "${CODEX}"}
BASE_RUNTIME = {
    **NOTHING,
    "model": "base-m",
    "provider": "custom",
    "base_url": "https://b/v1",
    "credential": "env:BASE",
}
CODEX_RUNTIME = {**NOTHING, "model": "gpt", "provider": "openai", "credential": "env:CODEX"}
ALL = {"glob": "*"}  # every telegram message


def table(*routes, base=None, **sections):
    """A table of routes; one without a match is for every message."""
    written = [{"match": {"platform": ALL}, **route} for route in routes]
    runtimes = {"runtimes": {"codex": CODEX}}
    return {"model": {**BASE, "routes": written, **(base or {})}, **runtimes, **sections}


def decide(document, given=None):
    return reference_decision(document, given or facts())


def runtime(decision):
    return {name: decision[name] for name in NOTHING}


def route(name="base", index=None, reason="base", ignored=None, variant=None):
    return {
        "name": name,
        "index": index,
        "reason": reason,
        "override_ignored": ignored,
        "variant": variant,
    }


def test_no_rule_is_the_base():
    """Without a rule that matches the base answers, whole."""
    decision = decide(table({"match": {"platform": "discord"}, "model": "a"}))
    assert decision == {
        **BASE_RUNTIME,
        "queue": None,
        "priority": None,
        "expires_in": None,
        "fallbacks": [],
        "route": route(),
    }


@pytest.mark.parametrize(
    "block", ["base-m", {"model": "base-m"}, {"default": "", "model": "base-m"}]
)
def test_ways_to_name_the_base(block):
    """The base's model is the bare name, or `default`, or `model` where that is empty."""
    assert runtime(decide({"model": block})) == {**NOTHING, "model": "base-m"}


def test_the_first_match_wins():
    """List order decides, not how much a rule asks for, and nothing is merged."""
    decision = decide(table({"model": "a"}, {"match": {"chat_id": "1"}, "provider": "p"}))
    assert runtime(decision) == {**BASE_RUNTIME, "model": "a"}
    assert decision["route"] == route("routes[0]", 0, "matched")


def test_a_rule_is_laid_over_the_base():
    """What a rule leaves out or leaves empty is the base's."""
    fields: dict[str, object] = {
        "model": "",
        "api_key": None,
        "args": [],
        "params": {},
        "provider": "other",
    }
    assert runtime(decide(table(fields))) == {**BASE_RUNTIME, "provider": "other"}


def test_a_rule_that_sets_nothing_ends_the_search():
    """A rule without fields means the base, whatever comes after it."""
    decision = decide(table({}, {"model": "later"}))
    assert runtime(decision) == BASE_RUNTIME
    assert decision["route"] == route("routes[0]", 0, "matched")


@pytest.mark.parametrize(
    ("fields", "credential"),
    [
        ({"api_key": "${K}"}, "env:K"),
        ({"api_key_env": "K"}, "env:K"),
        ({"api_key_file": "/k"}, "file:/k"),
        ({"api_key": "canary"}, "config:model.routes[0].api_key"),
    ],
)
def test_a_key_becomes_a_reference(fields, credential):
    """Each form of a key has its form of reference; one written out is named by its place."""
    assert decide(table(fields))["credential"] == credential


def test_params_replace_as_a_whole():
    """A rule's params take the place of the base's, and without them the base's are kept."""
    base = {"params": {"a": 1, "b": 2}}
    assert decide(table({"params": {"a": 3}}, base=base))["params"] == {"a": 3}
    assert decide(table({}, base=base))["params"] == {"a": 1, "b": 2}


def test_the_effective_order():
    """Deny rules come first, then routes, channels, platforms, kinds, and the simple last."""
    document = table(
        {"match": {"user_id": "none"}},
        {"match": {"user_id": "none"}, "enabled": False},
        {"match": {"user_id": "bad"}, "deny": True},
        base={
            "platforms": {"hub": "p", "cli": {}, "discord": None},
            "by_source": {"cron": {"model": "s"}, "stranger": {}},
        },
        platforms={"telegram": {"channel_overrides": {"1": "c1", "2": {"model": "c2"}, "3": {}}}},
        smart_model_routing={"enabled": True, "cheap_model": {"model": "cheap"}},
    )
    long = {"text": "debug"}
    one, two = "platforms.telegram.channel_overrides.1", "platforms.telegram.channel_overrides.2"
    expected = [
        (source(user_id="bad"), {"denied": "routes[2]"}),
        (source(user_id="none"), ("routes[0]", 1)),
        (source(chat_id="1"), (one, 2)),
        (source(chat_id="2", thread_id="1"), (two, 3)),
        (source(thread_id="1", parent_chat_id="2"), (one, 4)),
        (source(chat_id="3", thread_id="2"), (two, 5)),
        (source(parent_chat_id="1"), (one, 6)),
        (source(parent_chat_id="2"), (two, 7)),
        (facts(platform="hub", source_kind="hub_peer"), ("platforms.hub", 8)),
        (facts(platform="cron", source_kind="cron"), ("by_source.cron", 9)),
        (facts(), ("smart_model_routing", 10)),
        (facts(long), ("base", None)),
    ]
    for given, outcome in expected:
        decision = decide(document, given)
        if "route" in decision:
            assert (decision["route"]["name"], decision["route"]["index"]) == outcome
        else:
            assert decision == outcome


def test_a_shorthands_own_match_replaces_what_its_key_means():
    """A `match` in a shorthand is all that the rule asks for."""
    document = table(base={"platforms": {"hub": {"match": {"chat_id": "1"}, "model": "a"}}})
    assert decide(document, source(chat_id="1"))["route"] == route("platforms.hub", 0, "matched")
    assert decide(document, facts(platform="hub"))["route"] == route()


def test_a_shorthand_of_empty_fields_is_a_rule():
    """An entry whose keys are all empty sets nothing and still ends the search."""
    document = table(base={"platforms": {"telegram": {"model": None}}})
    assert decide(document)["route"] == route("platforms.telegram", 0, "matched")


def test_a_name_is_shown_in_place_of_the_position():
    """A rule's name is the route's name, in a shorthand and in a denial too."""
    assert decide(table({"name": "vip"}))["route"]["name"] == "vip"
    assert decide(table({"name": "no", "deny": True})) == {"denied": "no"}


@pytest.mark.parametrize(
    "given", [facts({"purpose": "memory_flush"}), facts({"override": {"runtime": "codex"}})]
)
def test_a_denial_comes_before_everything(given):
    """A deny rule stops a memory flush and an override, wherever it stands."""
    assert decide(table({"model": "a"}, {"deny": True}), {**given, "source_kind": "owner"}) == {
        "denied": "routes[1]"
    }


def test_a_disabled_rule_is_not_there():
    """A rule that is not enabled neither matches nor denies nor takes a place."""
    document = table({"enabled": False, "deny": True}, {"enabled": False}, {"model": "a"})
    assert decide(document)["route"] == route("routes[2]", 0, "matched")


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
