import json
import random
import re

import pytest

from routing.condition import Condition
from routing.earlier_rules import EarlierRules
from routing.laws import Laws
from routing.possible import Possible
from routing.predicate import EndsWith, StartsWith
from routing.read_match import equals
from routing.search import Steps
from routing.unreachable import Hidden, unreachable
from routing.witness import Witness
from tests.routing.loading import table, warnings


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
        ([{"text.words": "0"}, {"text.length": "0"}], ["routes[1]"]),
        ([{"text.words": ["0", "1"]}, {"text.length": ["1", "2"]}], ["routes[1]"]),
        ([{"text.words": ["0", "1"]}, {"text.length": ["1", "3"]}], []),
        ([{"text.length": {"gte": 5_000_000}}, {"text.words": {"gte": 3_000_000}}], ["routes[1]"]),
        ([{"text.words": {"lte": 5}}, {"text.words": {"gt": 2}, "text.length": {"lte": 10}}],
         ["routes[1]"]),
        ([{"verified": "true"}], ["routes[0]"]),
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


@pytest.mark.parametrize(
    ("matches", "hidden"),
    [
        ([{"platform": "x"}, {"platform": "y"}, {"platform": ["x", "y"]}], ["routes[2]"]),
        ([{"platform": "x"}, {"platform": "y"}, {"platform": ["x", "y", "z"]}], []),
        ([{"user_id": {"exists": True}}, {"user_id": {"not": "1"}}], []),
        ([{"user_id": {"exists": True}}, {"user_id": {"not": "1"}}, {"chat_id": "1"}],
         ["routes[2]"]),
        ([{"source_kind": {"not": "stranger"}}, {"source_kind": ["owner", "cron"]}],
         ["routes[1]"]),
        ([{"chat_type": {"in": ["dm", "group"], "not": ["group", "dm"]}}], ["routes[0]"]),
        ([{"platform": "hub:a"}, {"platform": {"not": "hub:a"}}, {"chat_id": "1"}], ["routes[2]"]),
        ([{"platform": ["hub:a", "x"]}, {"platform": ["hub:a", "hub:b"]},
          {"platform": "hub", "instance": ["a", "b"]}], ["routes[2]"]),
        ([{"has_media": "true"}, {"has_media": "false"}, {"user_id": "1"}], ["routes[2]"]),
        ([{"hops": {"lt": 3}}, {"hops": {"gte": 3}}, {"user_id": "1"}], ["routes[2]"]),
        ([{"source_kind": "owner", "platform": {"not": ["cli", "telegram"]}}], ["routes[0]"]),
        ([{"chat_id": {"prefix": "a"}}, {"chat_id": {"prefix": "ab"}}, {"chat_id": "abc"}],
         ["routes[1]", "routes[2]"]),
        ([{"chat_id": {"glob": "a*"}}, {"chat_id": ["ab", "b"]}, {"chat_id": ["ac", "ad"]}],
         ["routes[2]"]),
    ],
)  # fmt: skip
def test_rules_hide_others_together(matches, hidden):
    """What several earlier rules take between them is told, and no more than that."""
    assert never(routes(*matches, rest=HOME)) == hidden


def test_the_rules_that_hide_one_are_named_with_their_lines():
    """Those that are needed to hide it, up to three, in the order in which they are tried."""
    some = [{"platform": f"p{at}"} for at in range(5)]
    text = routes({"user_id": "1"}, *some, {"platform": ["p0", "p4"]})
    (line,) = warnings(text).splitlines()
    assert "`routes[6]` can never match: `routes[1]` (line 1) and `routes[5]` (line 1)" in line
    text = routes(*some, {"platform": [f"p{at}" for at in range(5)]})
    (line,) = warnings(text).splitlines()
    assert "`routes[0]` (line 1), `routes[1]` (line 1), `routes[2]` (line 1) and 2 more" in line
    assert "together take every message it could" in line


def test_a_rule_that_denies_hides_from_wherever_it_stands():
    """Rules that deny are tried first, and the hint says so."""
    text = (
        "model: {default: m, routes: [{match: {platform: x, user_id: 1}},"
        " {match: {platform: x}, deny: true}]}"
    )
    (line,) = warnings(text).splitlines()
    assert "`routes[0]` can never match: `routes[1]` on line 1" in line
    assert line.endswith("rules that deny come first, wherever they stand")


def test_a_memory_flush_of_anybodys_may_be_denied():
    """Where others never see a memory flush, a rule that denies does."""
    match = {"platform": "x", "purpose": "memory_flush"}
    assert never(routes(match)) == ["routes[0]"]
    denying = {"default": "m", "routes": [{"match": match, "deny": True}]}
    assert never(json.dumps({"model": denying})) == []


def test_a_rule_that_is_off_hides_nothing_and_is_not_told():
    """Only rules that are tried count."""
    match = {"platform": "x"}
    entries = [{"match": match, "enabled": False}, {"match": match}]
    assert never(json.dumps({"model": {"default": "m", "routes": entries}})) == []


def test_conditions_that_exclude_each_other_are_named():
    """Of a rule that asks for what cannot be together, only that is quoted."""
    text = routes({"user_id": "1", "chat_type": {"in": "dm", "not": "dm"}})
    (line,) = warnings(text).splitlines()
    assert "no message fulfils `chat_type: dm` and `chat_type: not dm` at once" in line


@pytest.mark.parametrize(
    ("hiding", "told"),
    [
        ({"chat_id": "7"}, []),
        ({"chat_id": "7"} | {"platform": "discord"}, []),
        ({"platform": "discord"}, ["platforms.discord.channel_overrides.7"]),
    ],
)
def test_an_entry_that_is_three_rules_is_told_when_none_of_them_can_match(hiding, told):
    """A channel override is for a chat, a thread and a parent chat: one warning, or none."""
    rest = "platforms: {discord: {channel_overrides: {'7': m2}}}"
    assert never(routes(hiding, rest=rest)) == told


BIG = 10_000


def built(key, wanted):
    """A condition: a text, or a predicate as it is."""
    return equals(key, wanted) if isinstance(wanted, str) else Condition(key, wanted, "")


@pytest.mark.parametrize(
    ("match", "hidden"),
    [
        (lambda at: {"platform": f"p{at % 100}", "user_id": f"u{at // 100}"}, 0),
        (lambda at: {"user_id": f"u{at}"} if at < BIG // 2 else {"platform": f"p{at}"}, 0),
        (lambda at: {"chat_id": StartsWith((f"c{at:05}",))}, 0),
        (lambda at: {"chat_id": EndsWith((f"c{at:05}",))}, 0),
        (lambda at: {f"metadata.k{at}": "v"}, 0),
        (lambda at: {"platform": "x"}, BIG - 1),
    ],
)
def test_ten_thousand_rules_are_judged_in_few_steps_each(monkeypatch, match, hidden):
    """However long the table, a rule is compared with those it may have something to do with."""
    taken = []

    class Counting(Steps):
        def take(self, count=1):
            taken.append(count)

    monkeypatch.setattr("routing.unreachable.Steps", Counting)
    found = [tuple(built(*each) for each in match(at).items()) for at in range(BIG)]
    laws = Laws.of(table("model: m"))
    told = unreachable(found, [laws] * BIG)
    assert sum(each is not None for each in told) == hidden
    assert BIG < sum(taken) < 200 * BIG


def overlapping(rules):
    """Rules that ask three ids for some of a few texts, or for none of them."""
    chance, keys = random.Random(7), ["user_id", "chat_id", "thread_id", "profile", "scope_id"]
    for _ in range(rules):
        texts = [chance.sample("abcdefghijklmnopqrst", chance.randint(1, 6)) for _ in range(3)]
        wanted = [each if chance.random() < 0.5 else {"not": each} for each in texts]
        yield dict(zip(chance.sample(keys, 3), wanted, strict=True))


def test_a_table_takes_no_more_steps_than_it_has(monkeypatch):
    """Rules that overlap with most others are given up, and so is who takes their messages."""
    monkeypatch.setattr("routing.unreachable._STEPS_IN_ALL", 20_000)
    monkeypatch.setattr("routing.unreachable._STEPS_TO_TELL", 2_000)
    loaded = table(routes(*overlapping(200)))
    taken = []

    class Counting(Steps):
        def take(self, count=1):
            taken.append(min(count, max(self.left, 0)))
            super().take(count)

    monkeypatch.setattr("routing.unreachable.Steps", Counting)
    told = unreachable([rule.match for rule in loaded.rules], [Laws.of(loaded)] * 200)
    assert any(told)
    assert 22_000 < sum(taken) < 22_000 + 100 * 200


def test_who_hides_a_rule_is_told_less_shortly_when_the_steps_end(monkeypatch):
    """A rule that can never match is told all the same, with more rules before it than it takes."""
    loaded = table(routes({"platform": "x"}, {"platform": ["x", "y"]}, {"platform": "x"}))
    found, laws = [rule.match for rule in loaded.rules], [Laws.of(loaded)] * 3
    assert unreachable(found, laws)[2] == Hidden((0,))
    monkeypatch.setattr("routing.unreachable._STEPS_TO_TELL", 0)
    assert unreachable(found, laws)[2] == Hidden((0, 1))


def test_a_long_text_costs_what_a_short_one_does():
    """Of a text, only beginnings are looked at that are as long as one that a rule asks for."""
    cuts = []

    class Text(str):
        __slots__ = ()

        def __getitem__(self, key):
            cuts.append(key)
            return super().__getitem__(key)

    earlier = EarlierRules()
    for at, beginning in enumerate(("c", "cc", "ccc", "dd")):
        earlier.add(at, (Condition("chat_id", StartsWith((beginning,)), ""),))
    facts = {"chat_id": Possible(Text("c" * 100_000))}
    found = earlier.fulfilled(Witness(facts, {}, exact=True), Steps(1_000))
    assert [place for place, _ in found] == [0, 1, 2]
    assert len(cuts) == 3


def test_why_a_rule_can_never_match_is_told_when_the_steps_end(monkeypatch):
    """A reason that would take too long to find is told with every condition of the rule."""
    monkeypatch.setattr("routing.impossible._STEPS", 1)
    text = routes({"user_id": "1", "chat_type": {"in": "dm", "not": "dm"}})
    assert "`user_id: 1` and `chat_type: dm` and `chat_type: not dm` at once" in warnings(text)


PUBLISHERS = "platforms: {x: {publishers: [u, v]}}"


@pytest.mark.parametrize(
    ("matches", "hidden"),
    [
        ([{"platform": "x", "verified": "false"}], []),
        ([{"platform": "x", "verified": "true"}], []),
        ([{"platform": "y", "verified": "true"}], ["routes[0]"]),
        ([{"platform": "y", "publisher": "w"}], []),
        ([{"platform": "x", "publisher": "w"}], ["routes[0]"]),
        ([{"platform": "x", "publisher": {"exists": False}}], ["routes[0]"]),
        ([{"verified": "true"}, {"platform": "x"}], []),
        ([{"platform": "x"}, {"verified": "true"}], ["routes[1]"]),
        ([{"publisher": "u"}, {"publisher": "v"}, {"platform": "x:a"}], ["routes[2]"]),
        ([{"publisher": "u"}, {"platform": "x:a"}], []),
    ],
)
def test_a_platform_that_lists_publishers_has_only_theirs(matches, hidden):
    """There `publisher` is one of them, and unless redriven all are verified; elsewhere nobody is."""
    assert never(routes(*matches, rest=PUBLISHERS)) == hidden
    assert never(routes(*matches, rest=PUBLISHERS + "\ntrust: open\n")) == hidden


@pytest.mark.parametrize(
    ("match", "rest", "why"),
    [
        ({"verified": "true"}, "", "no platform lists `publishers` or `signing_keys`"),
        (
            {"platform": "y", "verified": "true"},
            PUBLISHERS,
            "`y` lists no `publishers` and no `sig",
        ),
        ({"platform": "x", "publisher": "w"}, PUBLISHERS, "`w` is not one of the `publishers` of"),
    ],
)
def test_a_rule_for_nobody_who_publishes_is_told_with_the_reason(match, rest, why):
    """Of a rule that no publisher's message is for, the warning says what the table lists."""
    assert f"`routes[0]` can never match: {why}" in warnings(routes(match, rest=rest))


def test_an_alias_of_a_rule_is_a_rule_of_its_own():
    """A rule that YAML repeats stands where the first one does, and can never match all the same."""
    text = """
        model:
          default: m
          routes:
            - &r {match: {source_kind: owner}, model: b}
            - {match: {source_kind: stranger}, model: x}
            - *r
    """
    assert never(text) == ["routes[2]"]
    assert "`routes[0]` on line 5 takes every message it could" in warnings(text)


def test_an_alias_of_channel_overrides_is_told_for_its_own_platform():
    """Overrides that two platforms share are three rules for each of them."""
    text = """
        model: {default: m, routes: [{match: {platform: y}, model: b}]}
        platforms:
          x: {channel_overrides: &c {'7': m2}}
          y: {channel_overrides: *c}
    """
    assert never(text) == ["platforms.y.channel_overrides.7"]


def test_a_rule_that_takes_too_many_steps_is_not_told():
    """A search that was given up has shown nothing."""
    loaded = table(routes({"platform": ["x", "y"]}, {"platform": "x"}))
    found = [rule.match for rule in loaded.rules]
    laws = [Laws.of(loaded)] * 2
    assert unreachable(found, laws)[1] is not None
    assert unreachable(found, laws, steps=5) == [None, None]
