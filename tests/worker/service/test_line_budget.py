from worker.service.line_budget import LineBudget


def test_so_many_a_second_are_allowed_and_the_others_counted():
    """Two lines of a second are written, three are counted by kind, and the next second has two again."""
    budget = LineBudget(2)
    kinds = ["a", "a", "a", "b", "a"]
    assert [budget.allows(kind, 10.5) for kind in kinds] == [True, True, False, False, False]
    assert budget.take(11.4) == {}
    assert budget.take(11.5) == {"a": 2, "b": 1}
    assert [budget.allows("a", 11.5) for _ in range(3)] == [True, True, False]


def test_a_second_begins_with_its_first_line():
    """After a quiet time the whole rate is there, from the first line on for a second."""
    budget = LineBudget(1)
    assert budget.allows("a", 100.0)
    assert not budget.allows("a", 100.9)
    assert budget.allows("a", 101.0)


def test_it_says_when_it_has_something_to_tell():
    """Until the second is over if a line was not written, and never if all were."""
    budget = LineBudget(1)
    budget.allows("a", 10.0)
    assert budget.due_in(10.25) is None
    budget.allows("a", 10.25)
    assert (budget.due_in(10.25), budget.due_in(12.0)) == (0.75, 0.0)
    assert budget.take_all() == {"a": 1}
    assert budget.due_in(10.25) is None


def test_without_a_rate_everything_is_written():
    """No rate, no end of lines."""
    budget = LineBudget(None)
    assert all(budget.allows("a", 10.0) for _ in range(10_000))
    assert budget.due_in(10.0) is None
