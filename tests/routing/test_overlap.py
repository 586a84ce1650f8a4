import pytest

from routing.overlap import find_overlaps
from tests.routing.loading import table


def overlaps(*routes, **rest):
    """The names of the rules of each pair, and the message that shows it."""
    every = [{"model": f"m{at}", **route} for at, route in enumerate(routes)]
    found = find_overlaps(table({"model": {"default": "m", "routes": every}, **rest})).found
    return [(each.first.name, each.second.name, each.such_as) for each in found]


OWNER = {"match": {"source_kind": "owner"}}
TELEGRAM = {"match": {"platform": "telegram"}}


def test_rules_that_cross_are_an_overlap():
    """Two rules that each match what the other does not are found, with a message for both."""
    people = {"platforms": {"telegram": {"home_channel": "42"}}}
    ((first, second, such_as),) = overlaps(OWNER, TELEGRAM, **people)
    assert (first, second) == ("routes[0]", "routes[1]")
    assert such_as.items() >= {"platform": "telegram", "chat_id": "42", "chat_type": "dm"}.items()


@pytest.mark.parametrize(
    "routes",
    [
        ({"match": {"platform": "a"}}, {"match": {"platform": "b"}}),
        ({"match": {"platform": ["a", "b"]}}, {"match": {"platform": {"prefix": "c"}}}),
        (OWNER, {"match": {"platform": "hub"}}),
        ({"match": {"chat_id": "1", "platform": "telegram"}}, TELEGRAM),
        ({"match": {"platform": {"glob": "*"}}}, {"match": {"platform": {"glob": "*"}}}),
        (TELEGRAM, {"match": {"chat_id": "1"}, "model": "m0"}),
        ({"match": {"user_id": "6"}, "deny": True, "model": None}, TELEGRAM),
    ],
    ids="other text,no common,no owner there,an exception,the same,same target,a denial".split(","),
)
def test_what_is_no_overlap(routes):
    """No message for both, an exception before its rule, the same result and denials are none."""
    assert overlaps(*routes) == []


def test_messages_that_an_earlier_rule_takes_are_no_overlap():
    """Where what two rules share always goes to an earlier one, there is nothing to say."""
    both = {"match": {"platform": "telegram", "chat_id": "1"}}
    assert overlaps(both, TELEGRAM, {"match": {"chat_id": "1"}}) == []


def test_the_rule_for_simple_messages_overlaps_with_nothing():
    """The last rule of all takes what is left, and is meant to."""
    simple = {"smart_model_routing": {"enabled": "true", "cheap_model": {"model": "c"}}}
    assert overlaps(TELEGRAM, **simple) == []


def test_a_search_that_is_given_up_says_so():
    """With too few steps the pairs so far are there, and that there may be more."""
    crossing = [{"match": {f"metadata.{at}": "x"}, "model": f"m{at}"} for at in range(6)]
    by = table({"model": {"default": "m", "routes": crossing}})
    whole = find_overlaps(by)
    assert (len(whole.found), whole.complete) == (15, True)
    cut = find_overlaps(by, most_steps=100)
    assert not cut.complete
    assert 0 < len(cut.found) < 15
    assert cut.found == whole.found[: len(cut.found)]
