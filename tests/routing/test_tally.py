from routing.outcome import Outcome
from routing.tally import Tally

A, B = (Outcome.of({"model": model, "queue": f"turns.{model}"}) for model in "ab")
DEAD = Outcome.of({"dead": "expired"})


def test_messages_are_counted_by_the_way_they_go():
    """Each way has its count and its first lines, the most travelled way first."""
    tally = Tally()
    for line, (old, new) in enumerate([(A, A), (B, A), *[(A, B)] * 9, (DEAD, DEAD)], start=1):
        tally.add(line, old, new, "old", "new")
    assert (tally.messages, tally.moved, tally.dead_in_both) == (12, 10, 1)
    found = [(group.move.new, group.count) for group in tally.groups]
    assert found == [(B, 9), (A, 1)]
    assert [example.line for example in tally.groups[0].examples] == [3, 4, 5, 6, 7]


def test_conversations_do_not_make_ways():
    """However many conversations move, what is kept grows with the outcomes only."""
    tally = Tally()
    for line in range(100):
        old, new = (Outcome.of({"model": "m"}, f"{line} {side}") for side in "ab")
        tally.add(line, old, new, None, None)
    (group,) = tally.groups
    assert group.count == 100
    assert len(group.examples) < 10
    first = group.examples[0]
    assert (first.old_conversation, first.new_conversation) == ("0 a", "0 b")


def test_a_move_to_a_dead_letter_is_one():
    """A message that is a turn by one table and dead by the other goes elsewhere."""
    tally = Tally()
    tally.add(1, A, DEAD, "x", None)
    tally.add(2, DEAD, DEAD, None, None)
    assert (tally.moved, tally.dead_in_both) == (1, 1)
