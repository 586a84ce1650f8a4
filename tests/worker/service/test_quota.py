from worker.pipeline.delivery import Delivery, Properties
from worker.service.quota import Quota


def delivered(partition: int, *tags: int) -> list[Delivery]:
    return [Delivery(tag, b"", "", "", Properties(), partition=partition) for tag in tags]


def test_it_is_used_up_when_all_that_was_there_is_settled():
    """So many deliveries of each partition have to come and be settled, and no more."""
    quota = Quota({0: 2, 3: 1, 4: 0})
    quota.note(delivered(0, 1) + delivered(3, 2), [])
    assert quota.left == 3
    quota.note([], [1, 2])
    assert quota.left == 1
    quota.note(delivered(0, 3, 4), [3])
    assert quota.left == 0


def test_a_later_delivery_does_not_count_for_an_earlier_one():
    """While one that was there at first is held, what came after it may be settled in vain."""
    quota = Quota({0: 2})
    quota.note(delivered(0, 1, 2, 3, 4), [2, 3, 4])
    assert quota.left == 1
    quota.note([], [1])
    assert quota.left == 0


def test_what_was_not_asked_for_does_not_count():
    """Deliveries of other partitions, and more than were asked for, change nothing."""
    quota = Quota({1: 1})
    quota.note(delivered(2, 1, 2), [1, 2])
    assert quota.left == 1
    quota.note(delivered(1, 3, 4), [3])
    assert quota.left == 0


def test_what_left_its_queue_otherwise_is_not_waited_for():
    """A partition found empty twice in a row, with nothing of it in hand, brings nothing more."""
    quota = Quota({0: 3, 1: 2})
    quota.looked([0])
    assert quota.left == 5
    quota.looked([0])
    assert quota.left == 2


def test_one_look_at_an_empty_partition_is_not_enough():
    """What was not ready may be on its way, so two looks with something ready between say nothing."""
    quota = Quota({0: 3})
    quota.looked([0])
    quota.looked([])
    quota.looked([0])
    assert quota.left == 3


def test_a_delivery_between_two_looks_shows_that_more_may_be_on_its_way():
    """Over a slow connection what is ready no more comes one by one, and is settled as fast."""
    quota = Quota({0: 3})
    for tag in (1, 2):
        quota.looked([0])
        quota.note(delivered(0, tag), [tag])
    assert quota.left == 1
    quota.looked([0])
    quota.looked([0])
    assert quota.left == 0


def test_an_empty_partition_with_a_delivery_in_hand_is_waited_for():
    """More may come as long as a delivery is held here, and it has to be settled itself."""
    quota = Quota({0: 3, 1: 1})
    quota.note(delivered(0, 1), [])
    for _ in range(3):
        quota.looked([0])
    assert quota.left == 4
    quota.note([], [1])
    assert quota.left == 3
    quota.looked([0])
    assert quota.left == 1
    quota.note(delivered(1, 2), [2])
    assert quota.left == 0
