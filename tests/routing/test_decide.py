import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings

from contracts import PlatformName, Route, SourceKind
from routing.decide import Router
from routing.read_match import equals
from tests.routing.reference_router.reference_decision import reference_decision
from tests.routing.reference_router.table_document import document_of, facts_of
from tests.routing.strategies import (
    messages,
    platform_names,
    rule_lists,
    source_kinds,
    tables,
)
from tests.routing.tables import BASE, CODEX, message, rule, rules, table

TELEGRAM = PlatformName("telegram")
STRANGER, OWNER, PEER = SourceKind.STRANGER, SourceKind.OWNER, SourceKind.HUB_PEER


def decide(by, source=None, platform=TELEGRAM, kind=STRANGER, **fields):
    return Router(by).decide(message(source, **fields), platform, kind)


def route(name="base", index=None, reason="base", ignored=None):
    return Route(
        name=name,
        index=index,
        table="0123456789ab",
        reason=reason,
        override_ignored=ignored,
        variant=None,
    )


def test_no_rule_means_the_base():
    """Without a rule that matches, the base answers."""
    for by in (table(), table(rules(({"platform": "discord"}, "other")))):
        decision = decide(by)
        assert (decision.runtime, decision.route) == (BASE, route())


def test_first_match_wins_not_the_most_specific():
    """Of the rules that match the first in the list wins, however specific a later one is."""
    by = table(
        rules(
            ({"platform": "discord"}, "a"),
            ({"platform": "telegram"}, "b"),
            ({"platform": "telegram", "source_kind": "stranger", "chat_id": "1"}, "c"),
        )
    )
    decision = decide(by, {"chat_id": "1"})
    assert decision.runtime.model == "b"
    assert decision.route == route("routes[1]", 1, "matched")


def test_every_key_must_match():
    """A rule of two keys matches neither a message with only the one nor with only the other."""
    by = table(rules(({"platform": "telegram", "source_kind": "owner"}, "a")))
    assert decide(by).route == route()
    assert decide(by, platform=PlatformName("slack"), kind=OWNER).route == route()
    assert decide(by, kind=OWNER).route == route("routes[0]", 0, "matched")


@pytest.mark.parametrize("user_id", ["u1", "U1 ", " U1", "U", None, ""])
def test_values_are_compared_as_they_are(user_id):
    """Values are equal as text, case, space and all; an absent fact equals nothing."""
    by = table(rules(({"user_id": "U1"}, "a")))
    assert decide(by, {"user_id": user_id}).route == route()
    assert decide(by, {"user_id": "U1"}).route == route("routes[0]", 0, "matched")


def test_a_rule_that_wants_two_values_of_one_key_never_matches():
    """No fact equals two texts, so a rule that wants both is passed over."""
    impossible = replace(
        rule({"chat_id": "1"}), match=(equals("chat_id", "1"), equals("chat_id", "2"))
    )
    by = table([impossible, rule({"chat_id": "2"}, index=1, model="b")])
    assert decide(by, {"chat_id": "1"}).route == route()
    assert decide(by, {"chat_id": "2"}).route == route("routes[1]", 1, "matched")


def test_a_rule_that_sets_nothing_ends_the_search():
    """A matched rule that sets nothing says: use the base, and do not look further."""
    by = table(rules(({"source_kind": "stranger"}, None), ({"platform": "telegram"}, "later")))
    decision = decide(by)
    assert (decision.runtime, decision.route) == (BASE, route("routes[0]", 0, "matched"))


def test_an_instance_can_be_asked_for():
    """A rule for one instance of a platform leaves the others alone."""
    by = table(rules(({"platform": "hub", "instance": "slate"}, "a"), ({"platform": "hub"}, "b")))
    models = {
        name: decide(by, platform=PlatformName.parse(name), kind=PEER).runtime.model
        for name in ("hub:slate", "hub/slate", "hub:other", "hub")
    }
    assert models == {"hub:slate": "a", "hub/slate": "a", "hub:other": "b", "hub": "b"}


def test_far_rules_are_found():
    """A rule is found at any place of a long table, and names it."""
    by = table(rules(*(({"chat_id": str(place)}, f"m{place}") for place in range(300))))
    router = Router(by)
    for place in (0, 63, 64, 255, 299):
        decision = router.decide(message({"chat_id": str(place)}), TELEGRAM, STRANGER)
        assert decision.runtime.model == f"m{place}"
        assert decision.route == route(f"routes[{place}]", place, "matched")
    assert router.decide(message({"chat_id": "300"}), TELEGRAM, STRANGER).route == route()


# ------------------------------------------------------------------------------ memory flush


@pytest.mark.parametrize("kind", [STRANGER, OWNER, SourceKind.CRON])
def test_a_memory_flush_uses_the_base(kind):
    """A memory flush goes to the base, whatever rules say."""
    by = table(rules(({"platform": "telegram"}, "a")))
    decision = decide(by, kind=kind, purpose="memory_flush")
    assert (decision.runtime, decision.route) == (BASE, route(reason="memory_flush"))


@pytest.mark.parametrize("wish", [{"model": "turbo"}, {"runtime": "codex"}, {"model": "made-up"}])
def test_a_memory_flush_comes_before_any_override(wish):
    """A memory flush obeys no override, not even the owner's, and the job says why."""
    by = table(runtimes={"codex": CODEX}, models=["turbo"])
    decision = decide(by, kind=OWNER, purpose="memory_flush", override=wish)
    assert decision.runtime == BASE
    assert decision.route == route(reason="memory_flush", ignored="memory_flush")


@pytest.mark.parametrize("wish", [None, {}, {"model": "", "runtime": None}, {"provider": "x"}])
def test_a_memory_flush_ignores_nothing_where_nothing_is_named(wish):
    """A memory flush whose override names no runtime and no model has nothing ignored."""
    decision = decide(table(), kind=OWNER, purpose="memory_flush", override=wish)
    assert decision.route == route(reason="memory_flush")


@pytest.mark.parametrize("kind", [PEER, STRANGER])
def test_a_peers_memory_flush_is_routed_like_a_turn(kind):
    """A peer gets no way round the rules by calling its message a memory flush, or itself a stranger."""
    by = table(rules(({"platform": "hub"}, "a")), models=["turbo"])
    hub = PlatformName("hub")
    flush = decide(by, platform=hub, kind=kind, purpose="memory_flush")
    assert (flush.runtime.model, flush.route.reason) == ("a", "matched")
    wish = decide(by, platform=hub, kind=kind, purpose="memory_flush", override={"model": "turbo"})
    assert (wish.runtime.model, wish.route.reason) == ("turbo", "override")


@pytest.mark.parametrize("purpose", ["turn", "compress", "hygiene", "background", "btw", "new"])
def test_other_purposes_are_routed_like_a_turn(purpose):
    """Only a memory flush is special; every other purpose goes by the rules."""
    by = table(rules(({"platform": "telegram"}, "a")))
    assert decide(by, purpose=purpose).runtime.model == "a"


# --------------------------------------------------------------------------------- totality


def test_a_fault_in_deciding_means_the_base():
    """If deciding goes wrong the base answers, with the fault in hand for the log."""
    router = Router(table(rules(({"metadata.x": "1"}, "a"))))
    broken = message().model_copy(update={"metadata": None})
    decision = router.decide(broken, TELEGRAM, STRANGER)
    assert (decision.runtime, decision.route) == (BASE, route(reason="error"))
    assert isinstance(decision.error, AttributeError)
    assert decide(table()).error is None


@given(by=tables(), sent=messages, platform=platform_names, kind=source_kinds)
@settings(max_examples=400)
def test_deciding_agrees_with_the_reference(by, sent, platform, kind):
    """The compiled table and the plain reading of the rules decide alike."""
    decision = Router(by).decide(sent, platform, kind)
    where = decision.route
    expected = reference_decision(document_of(by), facts_of(sent, platform, kind))
    args = decision.runtime.args
    assert {
        **decision.runtime.model_dump(),
        "args": None if args is None else list(args),
        "route": where.model_dump(exclude={"table"}),
    } == {name: expected[name] for name in (*type(decision.runtime).model_fields, "route")}
    assert where.table == by.digest
    assert decision.error is None


@given(by=tables(), sent=messages, platform=platform_names, kind=source_kinds)
def test_deciding_is_pure(by, sent, platform, kind):
    """Deciding mutates neither message nor table, and twice gives the same."""
    before = copy.deepcopy((by, sent))
    router = Router(by)
    first, second = (router.decide(sent, platform, kind) for _ in range(2))
    assert first == second == Router(by).decide(sent, platform, kind)
    assert (by, sent) == before


@given(
    earlier=rule_lists(),
    later=rule_lists(max_size=1),
    sent=messages,
    platform=platform_names,
    kind=source_kinds,
)
def test_a_later_rule_changes_no_earlier_match(earlier, later, sent, platform, kind):
    """A rule added at the end decides only what no rule decided before."""
    added = [replace(rule, index=len(earlier)) for rule in later]
    sent = sent.model_copy(update={"override": None})
    before = Router(table(earlier)).decide(sent, platform, kind)
    after = Router(table([*earlier, *added])).decide(sent, platform, kind)
    if before.route.reason in {"matched", "memory_flush"}:
        assert after == before
    else:
        assert after == before or after.route.index == len(earlier)


@given(by=tables(), sent=messages, platform=platform_names, kind=source_kinds)
def test_a_message_can_only_reach_what_the_table_knows(by, sent, platform, kind):
    """Every model is one of the table's, and all else of a runtime is from one of its bundles."""
    runtime = Router(by).decide(sent, platform, kind).runtime
    assert runtime.model in by.known_models
    bundles = [by.base, *(rule.runtime for rule in by.rules), *by.runtimes.values()]
    assert runtime.model_dump(exclude={"model"}) in [
        bundle.model_dump(exclude={"model"}) for bundle in bundles
    ]


@given(by=tables(), sent=messages, platform=platform_names, kind=source_kinds)
def test_a_job_gets_every_field_stated(by, sent, platform, kind):
    """The route and the runtime state all of their fields, so that a job carries its nulls."""
    decision = Router(by).decide(sent, platform, kind)
    for part in (decision.route, decision.runtime):
        assert part.model_fields_set == set(type(part).model_fields)
