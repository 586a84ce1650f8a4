from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import PlatformName
from routing.classify import classify
from routing.decide import Router
from routing.difference import difference
from routing.rejection import Rejection
from tests.routing.loading import table as load
from tests.routing.tables import message

# A world so small that every message in it can be decided: of each fact the texts that rules name,
# one that none names, and none at all.
PEOPLE = {
    "platforms": {"telegram": {"home_channel": "42"}},
    "owners": {"telegram": ["7"]},
    "spoofable_platforms": ["webhook"],
}
WORLD = {
    "platform": ("telegram", "hub", "webhook", "cron", "cli", "unnamed"),
    "chat_type": ("dm", "group", "unnamed", None),
    "chat_id": ("42", "1", "unnamed", None),
    "user_id": ("7", "unnamed", None),
    "metadata.x": ("1", "unnamed", None),
    "purpose": ("turn", "memory_flush", "unnamed"),
    "source_kind": ("stranger", None),  # what the message says of itself
}
NAMED = {
    **{
        key: [text for text in texts if text not in {None, "unnamed"}]
        for key, texts in WORLD.items()
    },
    "source_kind": ["owner", "hub_peer", "stranger", "cron"],
}


def _message(platform, chat_type, chat_id, user_id, x, purpose, claim):
    source = {"chat_type": chat_type, "chat_id": chat_id, "user_id": user_id, "source_kind": claim}
    return message(source, purpose=purpose, metadata={} if x is None else {"x": x})


def _decidable():
    people = load({"model": "m", **PEOPLE})
    for facts in product(*WORLD.values()):
        platform, made = PlatformName.parse(str(facts[0])), _message(*facts)
        yield made, platform, classify(made, platform, people).source_kind


MESSAGES = list(_decidable())


@st.composite
def conditions(draw, key):
    texts = st.sampled_from(NAMED[key])
    several = st.lists(texts, min_size=1, max_size=3, unique=True)
    return draw(
        st.one_of(
            texts,
            several,
            st.fixed_dictionaries({"not": several}),
            st.fixed_dictionaries({"exists": st.sampled_from(["true", "false"])}),
        )
    )


matches = st.lists(st.sampled_from(list(NAMED)), unique=True, min_size=1, max_size=3).flatmap(
    lambda keys: st.fixed_dictionaries({key: conditions(key) for key in keys})
)
ways = st.sampled_from([{"model": "a"}, {"model": "b"}, {"queue": "q"}, {}, {"deny": True}])
routes = st.builds(lambda match, way: {"match": match, **way}, matches, ways)


@st.composite
def route_lists(draw):
    """Two lists of routes, the second made of the first as people do it, or of nothing."""
    old = draw(st.lists(routes, max_size=5))
    if draw(st.booleans()):
        return old, draw(st.lists(routes, max_size=5))
    new = list(old)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(new)))
        new[place : place + draw(st.integers(0, 1))] = draw(st.lists(routes, max_size=1))
    return old, draw(st.permutations(new)) if draw(st.booleans()) else new


def _of(routes):
    return load({"model": {"default": "m", "routes": routes}, **PEOPLE})


def _decided(router, made, platform, kind):
    """Where a message goes, and by which rule."""
    try:
        decision = router.decide(made, platform, kind)
    except Rejection as rejection:
        name = rejection.detail.split("`")[1]
        return "denied", next(rule.index for rule in router.table.rules if rule.name == name)
    return (decision.runtime.model, decision.queue), decision.route.index


@settings(max_examples=60)
@given(route_lists())
def test_what_goes_elsewhere_is_found_and_nothing_else(lists):
    """The pairs of rules that are found are those that decide some message of the world, differently."""
    old, new = map(_of, lists)
    expected = set()
    before, after = Router(old), Router(new)
    for each in MESSAGES:
        (was, by_old), (now, by_new) = _decided(before, *each), _decided(after, *each)
        if was != now:
            expected.add((by_old, by_new))
    found = difference(old, new)
    assert found.complete
    regions = [region for group in found.groups for region in group.regions]
    assert {region.places for region in regions} == expected
    assert all(region.certain for region in regions)


def _regions(old, new):
    groups = difference(load(old), load(new)).groups
    return {
        (" ".join(map(str, region.match)), group.move.old.headline, group.move.new.headline)
        for group in groups
        for region in group.regions
    }


OLD = """
model:
  default: m
  routes:
    - {match: {platform: discord}, model: d}
    - {match: {source_kind: owner}, model: strong}
"""


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        f"# a comment\n{OLD}",
        OLD.replace("model: d}", "model: d, name: the discord}"),
        OLD.replace("model: d}", "model: d, note: for us, provider: null}"),
        OLD.replace("    - {match: {source_kind", "    - {match: {platform: discord, chat_id: 1}, model: x}\n    - {match: {source_kind"),
    ],
    ids=["itself", "comment", "name", "note", "hidden rule"],
)  # fmt: skip
def test_what_moves_nothing_is_no_difference(new):
    """Comments, names, notes, and rules that another one hides send nothing elsewhere."""
    assert _regions(OLD, new) == set()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{text.words: '0'}", "{text.length: '0'}"),
        ("{text.words: ['0', '1']}", "{text.length: ['1', '2']}"),
        ("{platform: slack}", "{verified: 'true'}"),
        ("{publisher: u}", "{platform: slack}"),
    ],
)
def test_a_rule_that_no_real_message_gets_to_moves_nothing(first, second):
    """A short text has few words, and a platform's message is from one whom it lists."""
    text = (
        f"model: {{default: m, routes: [{{match: {first}, model: a}},"
        f" {{match: {second}, model: b}}]}}\nplatforms: {{slack: {{publishers: [u]}}}}\n"
    )
    assert _regions(text, text.replace("model: b", "model: c")) == set()


def test_a_hub_peers_flush_moves_like_a_turn():
    """What a rule denies of a hub peer moves from the rule that had it, flushes too."""
    old = "model: {default: m, routes: [{match: {platform: hub}, model: a}]}\n"
    new = old.replace("model: a", "deny: true")
    assert len(_regions(old, new)) == 1


def test_a_changed_rule_moves_what_it_matches():
    """A rule's messages go from the old target to the new one."""
    assert _regions(OLD, OLD.replace("strong", "stronger")) == {
        ("source_kind: owner", "turns.strong", "turns.stronger")
    }


def test_rules_that_change_places_move_what_both_match():
    """Only messages that both rules are for go elsewhere when the two are swapped."""
    swapped = """
    model:
      default: m
      routes:
        - {match: {platform: telegram, source_kind: owner}, model: strong}
        - {match: {platform: [telegram, discord]}, model: d}
    platforms: {telegram: {home_channel: "42"}}
    """
    straight = """
    model:
      default: m
      routes:
        - {match: {platform: [telegram, discord]}, model: d}
        - {match: {platform: telegram, source_kind: owner}, model: strong}
    platforms: {telegram: {home_channel: "42"}}
    """
    assert _regions(straight, swapped) == {
        ("platform: telegram source_kind: owner", "turns.d", "turns.strong")
    }


def test_a_rule_taken_away_leaves_its_messages_to_the_next():
    """What a removed rule matched goes to whichever rule comes next, or the base."""
    new = "\n".join(line for line in OLD.splitlines() if "discord" not in line)
    with_cli = OLD.replace("discord", "cli")
    assert _regions(OLD, new) == {("platform: discord", "turns.d", "turns.m")}
    assert _regions(with_cli, new) == {
        ("platform: cli source_kind: owner", "turns.d", "turns.strong"),
        ("platform: cli", "turns.d", "turns.m"),
    }


def test_a_memory_flush_meets_the_rules_that_deny():
    """A denial of memory flushes is a difference, and another model for them is none."""
    denied = OLD + "    - {match: {purpose: memory_flush, platform: slack}, deny: true}\n"
    other = OLD + "    - {match: {purpose: memory_flush, platform: slack}, model: x}\n"
    assert _regions(OLD, denied) == {
        ("purpose: memory_flush platform: slack", "turns.m", "dead: denied")
    }
    assert _regions(OLD, other) == set()


def test_what_depends_on_patterns_is_not_certain():
    """Where patterns stand in for texts, a region may hold no message and says so."""
    old = OLD + "    - {match: {chat_id: {glob: 'a*'}}, model: x}\n"
    new = OLD + "    - {match: {chat_id: {glob: 'a?'}}, model: y}\n"
    regions = [
        region for group in difference(load(old), load(new)).groups for region in group.regions
    ]
    assert regions
    assert not any(region.certain for region in regions)


def test_another_share_of_a_split_is_a_difference():
    """A split whose weights change moves conversations from one variant to another."""
    split = (
        OLD
        + "    - match: {chat_type: group}\n      split: [{weight: 9, model: a}, {weight: %d, model: b}]\n"
    )
    groups = difference(load(split % 1), load(split % 2)).groups
    assert [group.move.changed for group in groups] == [("split",)]


def test_a_search_that_is_too_long_says_so():
    """With more pairs of rules than are searched, what is found is not called complete."""
    many = OLD.replace("default: m", "default: m\n  provider: other")
    assert difference(load(OLD), load(many)).complete
    ended = difference(load(OLD), load(many), most_pairs=0)
    assert (ended.groups, ended.is_none) == ([], False)
    assert difference(load(OLD), load(OLD), most_pairs=0).is_none


def test_a_thousand_rules_and_a_handful_of_changes_ask_for_few_searches():
    """Of two long tables that are much alike only the pairs that may differ are looked at."""
    routes = [
        {"match": {"chat_id": str(n)} if n % 2 else {"user_id": str(n)}, "model": f"m{n % 7}"}
        for n in range(1000)
    ]
    changed = [*routes[:500], {**routes[500], "model": "x"}, *routes[502:], routes[501]]
    old, new = (load({"model": {"default": "m", "routes": each}}) for each in (routes, changed))
    found = difference(old, new, most_pairs=1100)
    assert found.complete
    assert {group.move.new.headline for group in found.groups} >= {"turns.x"}


def _shown(old, new):
    return [
        (str(region.match[0]), region.cut, dict(region.example))
        for group in difference(load(old), load(new)).groups
        for region in group.regions
    ]


def test_what_earlier_rules_take_is_seen_in_the_example():
    """A region that is less than its conditions say is cut, and its example has what was left of it."""
    new = "model: {default: a, by_source: {hub_peer: {model: b}}}"
    old = new.replace("a, ", "a, platforms: {hub: b}, ")
    stranger = {"platform": "hub", "source_kind": "stranger"}
    assert _shown(old, new) == [("platform: hub", True, stranger)]


def test_rules_that_take_nothing_of_a_region_do_not_cut_it():
    """A rule above for messages that the region has none of leaves it whole."""
    old = "model: {default: m, routes: [{match: {source_kind: cron}, model: c}], platforms: {slack: s}}"
    facts = {"platform": "slack", "source_kind": "stranger"}
    assert _shown(old, old.replace("slack: s", "slack: t")) == [("platform: slack", False, facts)]
