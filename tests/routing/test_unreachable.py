import json
import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import InboundMessage, PlatformName
from routing import unreachable
from routing.classify import classify
from routing.context import routing_context
from routing.decide import Router
from tests.routing.loading import load, report, rules, warnings

PLATFORMS = ("cli", "cron", "hub", "telegram", "webhook", "x:a")
IDS = ("1", "2", None)


def never(text):
    """The names of the rules that can never match, as the warnings tell them."""
    return re.findall(r"`([^`]+)` can never match", warnings(text))


def routes(*matches, rest=""):
    """A table with these matches."""
    entries = [{"match": match, "model": f"m{at}"} for at, match in enumerate(matches)]
    return "model: " + json.dumps({"default": "m", "routes": entries}) + "\n" + rest


HOME = "platforms: {telegram: {home_channel: 1}}"


@pytest.mark.parametrize(
    ("matches", "hidden"),
    [
        ([{"platform": "x"}, {"platform": "x"}], ["routes[1]"]),
        ([{"platform": "x"}, {"user_id": "1", "platform": "x"}], ["routes[1]"]),
        ([{"user_id": "1", "platform": "x"}, {"platform": "x"}], []),
        ([{"platform": "x"}, {"platform": "x:a"}], ["routes[1]"]),
        ([{"platform": "x:a"}, {"platform": "x"}], []),
        ([{"instance": "a"}, {"platform": "x:a"}], ["routes[1]"]),
        ([{"platform": "local"}, {"platform": "cli"}], ["routes[1]"]),
        ([{"platform": "x"}, {"platform": "y"}], []),
        ([{"platform": "cron"}, {"source_kind": "cron"}], ["routes[1]"]),
        ([{"source_kind": "cron"}, {"platform": "cron"}], []),
        ([{"platform": "hub"}, {"source_kind": "hub_peer"}], ["routes[1]"]),
        ([{"platform": "telegram", "chat_type": "dm"},
          {"platform": "telegram", "source_kind": "owner"}], ["routes[1]"]),
        ([{"platform": "x"}, {"platform": "x"}, {"platform": "x"}], ["routes[1]", "routes[2]"]),
    ],
)  # fmt: skip
def test_a_rule_behind_a_wider_one_can_never_match(matches, hidden):
    """A rule is hidden by an earlier one that asks for no more, or for what follows from it."""
    assert never(routes(*matches, rest=HOME)) == hidden


@pytest.mark.parametrize(
    "match",
    [
        {"source_kind": "cron", "platform": "telegram"},
        {"source_kind": "hub_peer", "platform": "telegram"},
        {"source_kind": "owner", "platform": "hub"},
        {"source_kind": "owner", "platform": "cron"},
        {"source_kind": "owner", "platform": "webhook"},
        {"source_kind": "owner", "platform": "discord"},
        {"source_kind": "owner", "platform": "telegram", "chat_type": "group"},
        {"platform": "webhook", "user_id": "1"},
        {"has_media": "yes"},
        {"has_media": "True"},
        {"hops": "01"},
        {"text.words": "many"},
        {"text.length": "-1"},
        {"user_id": ""},
        {"chat_id": ""},
        {"instance": "Slate"},
        {"instance": ""},
        {"message_type": ""},
        {"platform": "telegram", "purpose": "memory_flush"},
        {"source_kind": "owner", "purpose": "memory_flush"},
    ],
)
def test_a_rule_that_asks_for_the_impossible_can_never_match(match):
    """A kind that a platform cannot have, a fact of another shape: such a rule is told."""
    assert never(routes(match, rest=HOME)) == ["routes[0]"]


@pytest.mark.parametrize(
    "match",
    [
        {"source_kind": "stranger", "platform": "hub"},
        {"source_kind": "stranger", "platform": "cron"},
        {"source_kind": "stranger", "platform": "cli"},
        {"source_kind": "owner", "platform": "cli", "chat_type": "group"},
        {"source_kind": "owner", "chat_type": "group"},
        {"source_kind": "owner", "platform": "telegram", "chat_type": "dm"},
        {"has_media": "false"},
        {"hops": "0"},
        {"metadata.tier": ""},
        {"purpose": "memory_flush"},
        {"platform": "hub", "purpose": "memory_flush"},
    ],
)
def test_a_rule_that_some_message_is_for_is_not_told(match):
    """A message may say that it is a stranger, and the command line is the owner's everywhere."""
    assert never(routes(match, rest=HOME)) == []


@pytest.mark.parametrize(
    ("rest", "match"),
    [
        ("hub_platforms: []", {"source_kind": "hub_peer"}),
        ("hub_platforms: [cli]", {"source_kind": "owner"}),
        ("hub_platforms: [cron]", {"source_kind": "hub_peer"}),
        ("hub_platforms: [cli]\n" + HOME, {"source_kind": "owner", "chat_type": "group"}),
    ],
)
def test_a_kind_that_no_platform_has_can_never_match(rest, match):
    """Where no platform of the table has messages of a kind, no rule for it can match."""
    assert never(routes(match, rest=rest)) == ["routes[0]"]


def test_rules_hide_across_sections():
    """Routes hide shorthand entries, and `platforms` hide `by_source`."""
    text = (
        "model:\n  default: m\n  routes: [{match: {source_kind: owner}}]\n"
        "  platforms: {hub: a, cron: b}\n"
        "  by_source: {owner: {model: c}, hub_peer: {model: d}, cron: {model: e}, stranger: {model: f}}\n"
    )
    assert never(text) == ["by_source.owner", "by_source.hub_peer", "by_source.cron"]


matches = st.dictionaries(
    st.sampled_from(["platform", "source_kind", "chat_type", "user_id", "chat_id", "instance"]),
    st.just(""),
    min_size=1,
    max_size=3,
).flatmap(
    lambda keys: st.fixed_dictionaries(
        {
            key: st.sampled_from(
                {
                    "platform": [*PLATFORMS, "x"],
                    "source_kind": ["owner", "hub_peer", "stranger", "cron"],
                    "chat_type": ["dm", "group"],
                    "user_id": ["1", "2"],
                    "chat_id": ["1", "2"],
                    "instance": ["a", "b"],
                }[key]
            )
            for key in keys
        }
    )
)
sections = st.fixed_dictionaries(
    {},
    optional={
        "hub_platforms": st.lists(st.sampled_from(["hub", "telegram", "cli", "cron"]), max_size=2),
        "spoofable_platforms": st.lists(st.sampled_from(["webhook", "telegram", "x"]), max_size=2),
        "platforms": st.dictionaries(
            st.sampled_from(["telegram", "webhook", "hub", "x"]),
            st.fixed_dictionaries({"home_channel": st.sampled_from(["1", "2"])}),
            max_size=2,
        ),
        "owners": st.dictionaries(st.sampled_from(["telegram", "x"]), st.just(["1"]), max_size=1),
    },
)


def every_message():
    """Every message of a small world: its platform, chat, sender and what it claims to be."""
    for platform, chat_type, chat_id, user_id, claim in product(
        (*PLATFORMS, "x"), ("dm", "group", None), IDS, IDS, ("stranger", None)
    ):
        source = {"chat_type": chat_type, "chat_id": chat_id, "user_id": user_id}
        fields = {"text": "x", "source": source, "source_kind": claim}
        yield PlatformName.parse(platform), InboundMessage.model_validate(fields)


WORLD = list(every_message())


@settings(max_examples=60)
@given(st.lists(matches, min_size=1, max_size=4), sections)
def test_a_rule_told_as_unreachable_is_never_reached(found, rest):
    """No message of a small world, searched whole, is routed by a rule that was told."""
    written = [{"match": match, "model": f"m{at}"} for at, match in enumerate(found)]
    loaded = load({"model": {"default": "m", "routes": written}, **rest})
    if loaded.table is None:  # the matches ask for two instances
        assert "two different values" in report(loaded)
        return
    told = set(re.findall(r"`([^`]+)` can never match", report(loaded)))
    router = Router(loaded.table)
    reached = set()
    for platform, message in WORLD:
        kind = classify(message, platform, loaded.table).source_kind
        rule = router.match(routing_context(message, platform, kind, loaded.table))
        reached.add(rule and rule.name)
    assert not told & reached


def test_ten_thousand_rules_are_compared_in_reasonable_steps(monkeypatch):
    """Each rule is compared with few others, however long the table."""
    counted = []

    class Counting(frozenset):
        def __le__(self, other):
            counted.append(1)
            return super().__le__(other)

    monkeypatch.setattr(unreachable, "frozenset", Counting, raising=False)
    found = [{"platform": f"p{at % 100}", "user_id": f"u{at // 100}"} for at in range(10_000)]
    assert len(rules(routes(*found))) == 10_000
    assert 0 < len(counted) < 100 * len(found)
