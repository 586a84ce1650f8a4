import pytest

from contracts import PlatformName, SourceKind
from routing.context import routing_context
from routing.rule_index import RuleIndex
from tests.routing.loading import table
from tests.routing.tables import message

TABLE = """
model:
  default: m
  routes:
    - {match: {user_id: "1"}, model: a}
    - {match: {chat_id: [x, y], user_id: {not: "2"}}, model: b}
"""


def first(index, by, **source):
    sent = message({"platform": "telegram", **source})
    context = routing_context(sent, PlatformName("telegram"), SourceKind.STRANGER, by)
    return index.first(context)


def test_answers_are_the_same_whether_they_are_remembered_or_not():
    """The first rule that matches is the same the first time, the second, and after forgetting."""
    by = table(TABLE)
    cases = [({"user_id": str(n % 5), "chat_id": "xyz"[n % 3]}) for n in range(30)]
    known, unknown = RuleIndex(by.rules, remembered=4), RuleIndex(by.rules, remembered=0)
    assert [first(known, by, **case) for case in cases] == [
        first(unknown, by, **case) for case in cases
    ]


def test_few_answers_are_remembered():
    """However many different messages come, the memory of an index is bounded."""
    by = table(TABLE)
    index = RuleIndex(by.rules, remembered=4)
    for number in range(20):
        first(index, by, user_id=str(number))
        assert 1 <= len(index._memo) <= 4
    before = dict(index._memo)
    first(index, by, user_id="19")
    assert index._memo == before


@pytest.mark.parametrize("key", ["time", "text.length", "hops", "metadata.x"])
def test_what_is_without_bound_is_not_remembered(key):
    """Where a rule asks for the clock, the content or metadata, each message is decided anew."""
    asked = "{hours: '09:00-10:00'}" if key == "time" else "'1'"
    by = table(f"{TABLE}    - {{match: {{{key}: {asked}}}, model: c}}\n")
    index = RuleIndex(by.rules, remembered=4)
    first(index, by, user_id="1")
    assert index._memo == {}


def test_long_facts_are_not_remembered():
    """Ids that somebody made as long as they may be take no memory once the message is decided."""
    names = ("user_id", "chat_id", "thread_id", "parent_chat_id", "scope_id")
    asked = ", ".join(f"{name}: a" for name in names)
    by = table(f"{TABLE}    - {{match: {{{asked}}}, model: c}}\n")
    index = RuleIndex(by.rules)
    first(index, by, **dict.fromkeys(names, "x" * 256))
    assert index._memo == {}
    first(index, by, **dict.fromkeys(names, "x" * 36))
    assert len(index._memo) == 1
