"""The demo's books must notice whatever a broken worker could do."""

import random

from worker.demo.ledger import Ledger, MessageKey


def key(number, platform="telegram"):
    return MessageKey(platform, f"m{number}")


def ran(ledger, number, *, conversation="c", model="a", sequence=None):
    sequence = number if sequence is None else sequence
    ledger.record_job(key(number), conversation, model, sequence)


def test_everything_fed_and_seen_balances():
    """Messages that became a job, a dead letter or a dropped repeat leave nothing outstanding."""
    ledger = Ledger()
    for number in (1, 2, 2, 3):
        ledger.record_fed(key(number))
    assert ledger.outstanding == 4
    ran(ledger, 1)
    ran(ledger, 2)
    ledger.record_dropped(key(2))
    ledger.record_dead(key(3), "expired")
    assert ledger.balanced
    assert (ledger.fed, ledger.jobs, ledger.dropped, dict(ledger.dead)) == (4, 2, 1, {"expired": 1})


def test_a_lost_message_is_named():
    """A message that was fed and never turned up stays outstanding, under its own name."""
    ledger = Ledger()
    for number in (1, 2, 3):
        ledger.record_fed(key(number))
    ran(ledger, 1)
    ran(ledger, 3)
    assert ledger.outstanding == 1
    assert [str(lost) for lost in ledger.missing(5)] == ["telegram m2"]


def test_a_lost_repeat_is_noticed():
    """A message that was fed twice must turn up twice."""
    ledger = Ledger()
    ledger.record_fed(key(1))
    ledger.record_fed(key(1))
    ran(ledger, 1)
    assert ledger.outstanding == 1


def test_a_repeat_that_only_the_runner_drops_balances_too():
    """A second job of the same message counts as a repeat, not as a second turn."""
    ledger = Ledger()
    ledger.record_fed(key(1))
    ledger.record_fed(key(1))
    ran(ledger, 1)
    ran(ledger, 1)
    assert (ledger.balanced, ledger.jobs, ledger.repeats) == (True, 1, 1)


def test_a_phantom_is_noticed_and_a_late_report_is_none():
    """What turns up unfed is a phantom, until the feeder says that it has fed it after all."""
    ledger = Ledger()
    ran(ledger, 1)
    assert (ledger.phantoms, ledger.balanced) == (1, False)
    ledger.record_fed(key(1))
    assert (ledger.phantoms, ledger.balanced) == (0, True)


def test_the_same_id_on_two_platforms_is_two_messages():
    """A message of one platform does not stand in for another platform's."""
    ledger = Ledger()
    ledger.record_fed(key(1, "discord"))
    ran(ledger, 1)
    assert (ledger.outstanding, ledger.phantoms) == (1, 1)


def test_order_within_a_conversation_is_by_feed():
    """Jobs in rising sequence are out of order all the same if they were fed the other way round."""
    ledger = Ledger()
    ledger.record_fed(key(1))
    ledger.record_fed(key(2))
    ran(ledger, 2, sequence=10)
    ran(ledger, 1, sequence=11)
    assert ledger.out_of_order == 1


def test_order_within_a_conversation_is_by_sequence():
    """Jobs in the order of the feed are out of order all the same if their sequence falls."""
    ledger = Ledger()
    ledger.record_fed(key(1))
    ledger.record_fed(key(2))
    ran(ledger, 1, sequence=11)
    ran(ledger, 2, sequence=10)
    assert ledger.out_of_order == 1


def test_one_inversion_is_counted_once():
    """A job that is early by both measures is one job out of order."""
    ledger = Ledger()
    ledger.record_fed(key(1))
    ledger.record_fed(key(2))
    ran(ledger, 2)
    ran(ledger, 1)
    assert ledger.out_of_order == 1


def test_conversations_and_models_have_no_order_between_them():
    """Messages of two conversations, or of one for two models, may overtake each other."""
    ledger = Ledger()
    for number in (1, 2, 3):
        ledger.record_fed(key(number))
    ran(ledger, 3)
    ran(ledger, 2, conversation="other")
    ran(ledger, 1, model="b")
    assert ledger.out_of_order == 0


def test_a_repeat_may_come_late():
    """Only the first sighting of a message has a place in the order."""
    ledger = Ledger()
    for number in (1, 2, 1):
        ledger.record_fed(key(number))
    ran(ledger, 1)
    ran(ledger, 2)
    ran(ledger, 1, sequence=3)
    assert ledger.out_of_order == 0


def test_a_rejected_job_keeps_its_place_and_turns_up_as_a_dead_letter():
    """A job that the runner rejects counts for order at once, and for the sum when it is dead."""
    ledger = Ledger()
    ledger.record_fed(key(1))
    ledger.record_fed(key(2))
    ledger.record_rejected(key(2), "c", "a", 2)
    assert not ledger.balanced
    ran(ledger, 1)
    ledger.record_dead(key(2), "runner_rejected")
    assert (ledger.balanced, ledger.out_of_order) == (True, 1)


def test_the_order_of_reports_does_not_matter():
    """Feeder and runner are heard of in any order, and the books say the same."""
    for seed in range(50):
        chance = random.Random(seed)
        fed, jobs = iter(range(30)), iter(range(30))
        ledger = Ledger()
        turns = ["fed"] * 30 + ["job"] * 30
        chance.shuffle(turns)
        for turn in turns:
            if turn == "fed":
                ledger.record_fed(key(next(fed)))
            else:
                ran(ledger, next(jobs))
        assert (ledger.balanced, ledger.out_of_order) == (True, 0), seed


def test_an_inversion_is_found_in_any_order_of_reports():
    """Two swapped jobs are noticed, however late the feeder is heard of."""
    for late in (0, 5, 10):
        ledger = Ledger()
        order = [0, 1, 2, 4, 3, 5, 6, 7, 8, 9]
        for number in range(late):
            ledger.record_fed(key(number))
        for sequence, number in enumerate(order):
            ran(ledger, number, sequence=sequence)
        for number in range(late, 10):
            ledger.record_fed(key(number))
        assert ledger.out_of_order == 1, late


def test_the_books_do_not_grow_for_ever():
    """Accounts that are settled are forgotten in the end; one that is not never is."""
    ledger = Ledger(remembered=10)
    ledger.record_fed(key(0))
    ran(ledger, 0)
    ledger.record_fed(key(1))
    for number in range(2, 500):
        ledger.record_fed(key(number))
        ran(ledger, number)
    assert [str(lost) for lost in ledger.missing(5)] == ["telegram m1"]
    ran(ledger, 1, conversation="other")
    ledger.record_fed(key(500))
    assert len(ledger._accounts) <= 11
