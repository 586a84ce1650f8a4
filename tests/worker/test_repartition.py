from collections import deque
from itertools import pairwise

import pytest

from routing.load_table import load_table
from worker.cli.repartition_view import plan_lines
from worker.partitions import Depth, Partitions
from worker.repartition import Repartition, plan_repartition
from worker.settings import Settings


def planned(before: int, after: int) -> Repartition:
    table = load_table(b"model: m\n", {}).table
    assert table is not None
    return plan_repartition(table, Settings.load({}, {}, {"prefix": "p."}), before, after)


def names(queues) -> list[str]:
    return [queue.name for queue in queues]


def test_new_partitions_are_added_in_order():
    """Growing adds what is missing, lowest first, as the larger topology has it."""
    change = planned(2, 5)
    assert names(change.added) == ["p.inbound.2", "p.inbound.3", "p.inbound.4"]
    assert (change.removed, change.grows, change.changes_kind) == ((), True, False)
    assert change.larger == change.after


def test_surplus_partitions_are_removed_from_the_end():
    """Shrinking removes what is too many, highest first."""
    change = planned(5, 2)
    assert names(change.removed) == ["p.inbound.4", "p.inbound.3", "p.inbound.2"]
    assert (change.added, change.grows, change.changes_kind) == ((), False, False)
    assert change.larger == change.before


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1), (1, 9), (9, 1)])
def test_one_partition_needs_no_ring(before, after):
    """From and to one partition `inbound` changes its kind."""
    assert planned(before, after).changes_kind


@pytest.mark.parametrize(
    ("before", "after", "phases"),
    [
        (4, 6, ((0, 1, 2, 3), (4,))),
        (4, 5, ((0, 1, 2, 3),)),
        (1, 4, ((0,), (1,), (2,))),
        (6, 3, ((5,), (4,), (3,))),
        (4, 1, ((3,), (2,), (1,))),
    ],
)
def test_what_conversations_leave_is_drained_before_where_they_go(before, after, phases):
    """Whatever partition a conversation can move from is drained in a phase before the one it moves to."""
    change = planned(before, after)
    assert change.phases == phases
    phase_of = {number: at for at, numbers in enumerate(phases) for number in numbers}
    last = len(phases)
    steps = pairwise(range(before, after + 1)) if change.grows else ()
    for there, _ in steps:
        assert all(phase_of[number] < phase_of.get(there, last) for number in range(there))
    if not change.grows:
        order = deque(numbers[0] for numbers in phases)
        while order:
            number = order.popleft()
            assert all(other < number for other in order)


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [(11, 10, True), (10, 9, False), (9, 10, False), (8, 11, True), (1, 11, True)],
)
def test_a_ring_whose_last_queue_is_not_its_last_is_left_alone(before, after, refused):
    """Up to ten partitions any number becomes any other; beyond, none does."""
    assert (planned(before, after).refusal is not None) == refused


def test_the_plan_says_all_that_would_be_done():
    """The plan lists what was found, each step in its order, and what must not happen meanwhile."""
    found = Partitions(1, under_way=False, depths={0: Depth(7, 1)})
    assert list(plan_lines(planned(1, 3), found)) == [
        "from 1 to 3 partitions",
        "found on the broker:",
        "  p.inbound.0: 7 waiting, consumed: stop the workers first",
        "then, with --apply:",
        "  lead p.in.cli, p.in.cron, p.in.hub, p.in.redrive straight to p.inbound.0",
        "  make p.inbound a x-consistent-hash exchange, and lead them there again",
        "  (exchanges of platforms that the table no longer has must not be published to)",
        "  declare p.inbound.1 and bind it to p.inbound",
        "  declare p.inbound.2 and bind it to p.inbound",
        "  drain what p.inbound.0 holds",
        "  drain what p.inbound.1 holds",
        "nothing has been changed",
    ]
    found = Partitions(3, under_way=True, depths={})
    assert list(plan_lines(planned(3, 2), found)) == [
        "from 3 to 2 partitions, under way",
        "found on the broker:",
        "then, with --apply:",
        "  unbind p.inbound.2 from p.inbound",
        "  drain p.inbound.2 and delete it",
        "nothing has been changed",
    ]
