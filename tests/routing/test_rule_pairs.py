from routing.rule_pairs import chosen_by, rule_pairs
from routing.unite import unite
from tests.routing.loading import table as load


def _matches(*matches):
    routes = [{"match": match} for match in matches]
    return [rule.match for rule in load({"model": {"default": "m", "routes": routes}}).rules]


def _pairs(old, new, old_outcomes, new_outcomes):
    found = rule_pairs(_matches(*old), _matches(*new), old_outcomes, new_outcomes)
    return {(pair.old, pair.new) for pair in found}


CHATS = [{"chat_id": str(n)} for n in range(100)]


def test_rules_that_stayed_need_no_search():
    """Of equal lists of rules only a rule whose outcome changed is paired, and with itself."""
    same = ["x"] * 101
    changed = [*["x"] * 7, "y", *["x"] * 93]
    assert _pairs(CHATS, CHATS, same, same) == set()
    assert _pairs(CHATS, CHATS, same, changed) == {(7, 7)}


def test_rules_that_want_different_texts_are_no_pair():
    """Two rules that no message can both match are not paired."""
    assert _pairs([{"chat_id": "1"}], [{"chat_id": ["2", "3"]}], "ab", "cb") == {(0, 1), (1, 0)}
    assert (0, 0) in _pairs([{"chat_id": "1"}], [{"chat_id": ["1", "3"]}], "ab", "cb")


def test_a_rule_that_takes_all_ends_the_search():
    """What an earlier rule of the other table takes as a whole is not looked for in later ones."""
    narrow = {"platform": "a", "chat_id": {"prefix": "x"}}
    wide = {"platform": ["a", "b"]}
    assert _pairs([narrow], [wide, {"hops": "1"}], "ab", "cde") == {(0, 0), (1, 0), (1, 1), (1, 2)}


def test_only_earlier_rules_that_may_match_are_told():
    """With a pair come the earlier rules of either table that agree with both of its rules."""
    old = _matches({"chat_id": "1"}, {"platform": "a"}, {"chat_id": "2"})
    new = _matches({"hops": "1"}, {"chat_id": ["1", "3"]}, {"chat_id": "2", "user_id": "7"})
    pair = next(
        pair for pair in rule_pairs(old, new, "abcd", "efgh") if (pair.old, pair.new) == (2, 2)
    )
    assert chosen_by(pair.old_before, old) == [old[1]]
    assert chosen_by(pair.new_before, new) == [new[0]]


def test_two_matches_are_said_as_one():
    """What both ask is said once, and of lists what they have in common."""
    one, two = _matches(
        {"platform": ["b", "a", "c"], "chat_id": {"prefix": "x"}, "hops": "1"},
        {"platform": ["d", "c", "b"], "chat_id": {"prefix": "x"}, "user_id": "7"},
    )
    said = [str(condition) for condition in unite([one, two])]
    assert said == ["platform: b or c", "chat_id: prefix x", "hops: 1", "user_id: 7"]
    assert unite([one, one]) == one
