import pytest

from tests.routing.reference_router.reference_runtime import NOTHING
from tests.routing.reference_router.worked_message import facts, source
from tests.routing.reference_router.worked_table import BASE_RUNTIME, decide, route, runtime, table


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
