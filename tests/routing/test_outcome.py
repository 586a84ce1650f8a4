import pytest

from routing.outcome import CONVERSATION, Move, Outcome, outcome_of_base, outcome_of_rule
from tests.routing.loading import table as load

TABLE = """
model:
  default: m
  provider: p
  routes:
    - match: {hops: 1}
      model: x
      %s
"""


def _of(fields):
    return outcome_of_rule(load(TABLE % fields).rules[0])


@pytest.mark.parametrize(
    ("was", "now", "changed"),
    [
        ("priority: 1", "priority: 2", ("priority",)),
        ("expires_in: 60s", "expires_in: 1m", ()),
        ("expires_in: 60s", "expires_in: 61s", ("expires_in",)),
        ("queue: a", "queue: b", ("queue",)),
        ("queue: turns.x", "note: its own", ()),
        ("params: {t: 1}", "params: {t: 1.0}", ("params",)),
        ("params: {t: 1}", "params: {t: true}", ("params",)),
        ("params: {a: 1, b: 2}", "params: {b: 2, a: 1}", ()),
        ("args: [a b]", "args: [a, b]", ("args",)),
        ("fallbacks: [{model: a}, {model: b}]", "fallbacks: [{model: b}, {model: a}]", ("fallbacks",)),
        ("name: one", "name: two", ()),
        ("provider: p", "note: inherited", ()),
    ],
)  # fmt: skip
def test_what_anybody_could_tell_is_compared(was, now, changed):
    """Two outcomes differ in what a runner would see of them, and in nothing else."""
    assert _of(was).changed(_of(now)) == changed


def test_variants_are_listed_where_they_differ():
    """Of a split, what all variants share stands once, and the rest once for each."""
    outcome = _of("split: [{weight: 3, model: a}, {weight: 1, name: new, model: b}]")
    assert outcome["model"] == ["a", "b"]
    assert outcome["provider"] == "p"
    assert outcome["split"] == [{"name": "0", "weight": 3}, {"name": "new", "weight": 1}]
    assert outcome.headline == "turns.a or turns.b"


def test_shares_in_the_same_proportion_are_another_split():
    """Weights doubled give conversations to other variants, so they are a change."""
    halves, quarters = "split: [{weight: 1}, {weight: 1}]", "split: [{weight: 2}, {weight: 2}]"
    assert _of(halves).changed(_of(quarters)) == ("split",)


def test_the_base_is_where_turns_go_that_no_rule_matches():
    """The outcome of the base has the base's runtime and its own queue."""
    outcome = outcome_of_base(load(TABLE % "priority: 1"))
    assert (outcome["model"], outcome["priority"], outcome.headline) == ("m", None, "turns.m")


def test_a_conversation_counts_where_there_is_a_turn():
    """Another conversation is a move of a turn, and no move of a dead letter."""
    turns = (Outcome.of({"model": "m"}, conversation) for conversation in ("one", "two"))
    move = Move.between(*turns)
    assert move is not None
    assert move.changed == (CONVERSATION,)
    dead = (Outcome.of({"dead": "denied"}, conversation) for conversation in ("one", None))
    assert Move.between(*dead) is None
