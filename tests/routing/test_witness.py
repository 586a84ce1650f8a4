import pytest

from routing.laws import Laws
from routing.search import Steps, TooManySteps
from routing.witness import find_witness
from tests.routing.loading import table

PEOPLE = {
    "platforms": {"telegram": {"home_channel": "1"}, "signal": {"home_channel": "2"}},
    "owners": {"signal": ["7"]},
}


def witness(wanted, *unwanted, flushes=False, steps=None, **rest):
    """A message that fulfils the first match, and none of the others."""
    routes = [{"match": match} for match in (wanted, *unwanted)]
    loaded = table({"model": {"default": "m", "routes": routes}, **PEOPLE, **rest})
    first, *others = [rule.match for rule in loaded.rules]
    return find_witness([first], others, Laws.of(loaded, flushes=flushes), steps)


def shown(found):
    """The facts of a witness, in words."""
    return {key: str(fact) for key, fact in found.facts.items() if key != "platform:instance"}


@pytest.mark.parametrize(
    ("wanted", "unwanted", "expected"),
    [
        ({"chat_id": "1"}, [], {"chat_id": "1"}),
        ({"chat_id": ["1", "2"]}, [{"chat_id": "1"}], {"chat_id": "2"}),
        ({"chat_id": {"not": "1", "exists": True}}, [{"chat_id": "2"}], {"chat_id": "another text"}),
        ({"chat_id": {"not": "1"}}, [{"chat_id": {"exists": True}}], {"chat_id": "none"}),
        ({"metadata.a": ["", "x"]}, [{"metadata.a": "x"}], {"metadata.a": ""}),
        ({"hops": {"gt": 3}}, [{"hops": {"gt": 4}}], {"hops": "4"}),
        ({"hops": {"gt": 3}}, [{"hops": [4, 5, 6]}, {"hops": {"gte": 8}}], {"hops": "7"}),
        ({"has_media": {"not": "true"}}, [], {"has_media": "false"}),
        ({"source_kind": {"not": ["owner", "cron", "stranger"]}}, [],
         {"source_kind": "hub_peer", "platform": "hub", "instance": "none"}),
        ({"source_kind": "owner", "user_id": "7", "platform": {"not": "cli"}}, [],
         {"source_kind": "owner", "platform": "signal", "user_id": "7", "chat_type": "dm"}),
        ({"platform": ["hub:slate", "hub:chalk"]}, [{"instance": "slate"}],
         {"platform": "hub", "instance": "chalk"}),
        ({"platform": {"not": "hub:slate"}, "instance": "slate"}, [{"platform": "x"}],
         {"instance": "slate", "platform": "another text"}),
        ({"text.simple": "true"}, [{"text.words": {"gt": 1}}],
         {"text.simple": "true", "text.words": "1"}),
    ],
)  # fmt: skip
def test_a_witness_is_what_one_wants_and_nothing_else(wanted, unwanted, expected):
    """The facts that are found fulfil what is wanted and nothing of what is not."""
    found = witness(wanted, *unwanted)
    assert found is not None
    assert found.exact
    assert shown(found) | expected == shown(found)


@pytest.mark.parametrize(
    ("wanted", "unwanted"),
    [
        ({"chat_id": {"in": ["1", "2"], "not": ["1", "2"]}}, []),
        ({"chat_id": {"exists": False, "not": "1"}, "user_id": "3"}, [{"user_id": ["3", "4"]}]),
        ({"chat_id": ["1", "2", "3"]}, [{"chat_id": ["1", "2"]}, {"chat_id": ["2", "3"]}]),
        ({"chat_id": ["1", "2"]}, [{"chat_id": "1", "user_id": {"not": "3"}},
                                   {"user_id": "3"}, {"chat_id": "2"}]),
        ({"user_id": {"not": "3"}}, [{"user_id": {"exists": False}},
                                     {"user_id": {"exists": True, "not": "3"}}]),
        ({"has_media": {"exists": False}}, []),
        ({"source_kind": {"not": ["owner", "cron", "stranger", "hub_peer"]}}, []),
        ({"source_kind": {"in": ["owner", "cron"]}},
         [{"platform": ["cli", "cron", "telegram"]}, {"chat_id": "2"}, {"user_id": "7"}]),
        ({"source_kind": "owner", "platform": "telegram", "chat_id": "2"}, []),
        ({"source_kind": "owner", "platform": "signal", "chat_id": "3", "user_id": "8"}, []),
        ({"platform": "hub:slate"}, [{"platform": ["x", "hub"]}]),
        ({"platform": ["hub:slate", "hub:chalk"]}, [{"instance": ["slate", "chalk"]}]),
        ({"platform": "hub"}, [{"platform": {"not": "hub:slate"}}, {"instance": "slate"}]),
        ({"platform": "x", "instance": "a b"}, []),
        ({"platform": {"exists": False}}, []),
        ({"hops": {"gt": 3, "lt": 4}}, []),
        ({"hops": {"gt": 3}}, [{"hops": ["4", "5"]}, {"hops": {"gt": 5}}]),
        ({"text.length": {"lt": 0}}, []),
        ({"metadata.n": {"gt": 1}}, [{"metadata.n": {"gt": 3}}, {"metadata.n": {"lt": 3}},
                                     {"metadata.n": {"gte": 3, "lte": 3}}]),
        ({"text.simple": "true", "text.words": 0}, []),
        ({"text.words": 5, "text.length": 8}, []),
        ({"chat_id": {"prefix": "ab"}}, [{"chat_id": {"prefix": ["a", "x"]}}]),
        ({"chat_id": {"prefix": "a", "suffix": "b"}}, [{"chat_id": {"suffix": "b"}}]),
        ({"chat_id": {"glob": "a*", "regex": "b.*"}, "user_id": "1"}, [{"chat_id": {"glob": "a*"}}]),
        ({"chat_id": "abc"}, [{"chat_id": {"regex": "a.c"}}]),
        ({"chat_id": {"exists": True}},
         [{"chat_id": {"not": {"prefix": "a"}}}, {"chat_id": {"prefix": "a"}}]),
        ({"platform": {"prefix": "x"}}, [{"platform": {"not": "y:a"}},
                                         {"platform": {"prefix": "x"}}]),
        ({"user_id": "1"}, [{"platform": {"not": ["webhook", "api_server"]}},
                            {"platform": "api_server"}]),
        ({"purpose": "memory_flush"}, [{"platform": "hub"}]),
    ],
)  # fmt: skip
def test_where_there_is_no_witness_none_is_found(wanted, unwanted):
    """A list that is covered in parts, kinds that no platform has, numbers without room: None."""
    assert witness(wanted, *unwanted) is None


def test_a_witness_that_may_be_impossible_says_so():
    """Whether a text with this beginning fits this pattern, the search does not know."""
    found = witness({"chat_id": {"prefix": "a"}}, {"chat_id": {"regex": ".*"}})
    assert found is not None
    assert not found.exact


def test_a_flush_is_seen_by_what_denies():
    """A memory flush of anybody's goes by the rules that deny, and by no others."""
    assert witness({"purpose": "memory_flush", "platform": "x"}) is None
    assert witness({"purpose": "memory_flush", "platform": "x"}, flushes=True) is not None


def test_a_search_ends_where_it_was_told_to():
    """A search that needs more steps than it was given says so, and answers nothing."""
    with pytest.raises(TooManySteps):
        witness({"chat_id": ["1", "2"]}, {"chat_id": "1"}, {"user_id": "2"}, steps=Steps(3))
