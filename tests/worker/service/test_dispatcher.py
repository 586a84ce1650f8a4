from dataclasses import replace

from tests.worker.service.letters import DEADLINE, PAUSE, delivery, dispatcher
from worker.batch import Batch, Refusal
from worker.service.outcome import Outcome
from worker.service.window import RepeatWindow


def refusal(token, queue="turns.m", **how):
    return Refusal(token, queue, "made so", **how)


class Bench:
    """A dispatcher and a clock of its own; remembers all that came out."""

    def __init__(self, window=None):
        self.window = RepeatWindow(1000, 600.0) if window is None else window
        self.dispatcher = dispatcher(self.window)
        self.now = 100.0
        self.settled = []
        self.endings = []

    def step(self, *deliveries, confirmed=(), refused=(), after=0.0):
        """Step once, `after` seconds later; return the tokens published, dead letters negative."""
        self.now += after
        actions = self.dispatcher.step(
            Batch(list(deliveries), list(confirmed), list(refused)), self.now
        )
        self.settled += actions.settled
        self.note_endings()
        return [
            -token if publication.exchange == "dead" else token
            for token, publication in actions.publications
        ]

    def wake_in(self):
        """In how many seconds it asks to be woken; it must ask."""
        wait = self.dispatcher.wake_in(self.now)
        assert wait is not None
        return wait

    def note_endings(self):
        self.endings += [
            (ending.delivery.tag, ending.outcome) for ending in self.dispatcher.take_endings()
        ]

    def refuse_until_dead(self, token, **how):
        """Refuse a publish and its retries until the dead letter comes; return how many."""
        for attempt in range(1, 1000):
            if self.step(refused=[refusal(token, **how)]) == [-token]:
                return attempt
            assert self.step(after=self.wake_in()) == [token]
        raise AssertionError


def test_a_conversation_has_one_unconfirmed_publish_at_a_time():
    """The second message of a conversation is published when the first is confirmed."""
    bench = Bench()
    assert bench.step(delivery(1), delivery(2), delivery(3)) == [1]
    assert bench.step(confirmed=[1]) == [2]
    assert bench.step(confirmed=[2]) == [3]


def test_conversations_do_not_wait_for_each_other():
    """The first messages of all conversations are published at once."""
    bench = Bench()
    assert bench.step(delivery(1, "a"), delivery(2, "b"), delivery(3, "c")) == [1, 2, 3]
    assert bench.dispatcher.in_flight == 3


def test_nothing_is_settled_before_its_confirm():
    """A delivery is settled in the step that brings its confirm, and not before."""
    bench = Bench()
    bench.step(delivery(1, "a"), delivery(2, "b"))
    assert bench.settled == []
    bench.step(confirmed=[2])
    assert bench.settled == [2]
    assert bench.endings == [(2, Outcome.ACCEPTED)]


def test_a_dead_letter_is_settled_after_its_own_confirm():
    """A delivery that became a dead letter ends when the broker has taken that."""
    bench = Bench()
    assert bench.step(delivery(1, dead=True)) == [-1]
    assert bench.settled == []
    bench.step(confirmed=[1])
    assert (bench.settled, bench.endings) == ([1], [(1, Outcome.DEAD)])


def test_a_dead_letter_holds_up_no_conversation():
    """A dead letter on its way, even a refused one, does not delay the messages after it."""
    bench = Bench()
    assert bench.step(delivery(1, dead=True), delivery(2)) == [-1, 2]
    bench.step(refused=[refusal(1, "dead")], confirmed=[2])
    assert bench.endings == [(2, Outcome.ACCEPTED)]


def test_a_refused_turn_is_published_again_after_a_while():
    """A refused turn waits for its backoff, is published again, and counts its attempts."""
    bench = Bench()
    bench.step(delivery(1))
    assert bench.step(refused=[refusal(1)]) == []
    assert bench.wake_in() == PAUSE
    assert bench.step(after=PAUSE / 2) == []
    assert bench.step(after=PAUSE / 2) == [1]
    bench.step(confirmed=[1])
    assert bench.endings == [(1, Outcome.ACCEPTED)]


def test_a_refused_conversation_waits_and_others_go_on():
    """Nothing of a conversation passes its refused message; another one is not affected."""
    bench = Bench()
    bench.step(delivery(1, "a"))
    bench.step(refused=[refusal(1)])
    assert bench.step(delivery(2, "a"), delivery(3, "b")) == [3]
    assert bench.dispatcher.held == 1
    assert bench.step(after=PAUSE) == [1]
    assert bench.step(confirmed=[1]) == [2]
    assert bench.dispatcher.held == 0


def test_all_later_that_are_due_go_out_at_once():
    """After a pause every refused turn whose time has come is published, not only one."""
    bench = Bench()
    bench.step(delivery(1, "a"), delivery(2, "b"), delivery(3, "c"))
    bench.step(refused=[refusal(1), refusal(2), refusal(3)])
    assert sorted(bench.step(after=PAUSE)) == [1, 2, 3]


def test_a_turn_refused_until_the_deadline_is_undeliverable():
    """Past the lane deadline the next refusal makes a dead letter of the turn; its lane goes on."""
    bench = Bench()
    bench.step(delivery(1), delivery(2, queue="turns.other"))
    started = bench.now
    bench.refuse_until_dead(1)
    assert DEADLINE <= bench.now - started <= DEADLINE + 0.001
    assert bench.step(confirmed=[1]) == [2]
    assert bench.endings == [(1, Outcome.DEAD)]


def test_turns_behind_an_undeliverable_one_share_its_deadline():
    """What waited behind an undeliverable turn gets one try, not a deadline of its own."""
    bench = Bench()
    bench.step(delivery(1), delivery(2), delivery(3))
    bench.refuse_until_dead(1)
    assert bench.step(confirmed=[1]) == [2]
    assert bench.step(refused=[refusal(2)]) == [-2]
    assert bench.step(confirmed=[2]) == [3]
    bench.step(confirmed=[3])
    assert bench.endings == [(1, Outcome.DEAD), (2, Outcome.DEAD), (3, Outcome.ACCEPTED)]


def test_turns_that_come_to_a_queue_that_refuses_share_its_deadline():
    """While a conversation has turns for a queue past its deadline, those that come get one try."""
    bench = Bench()
    bench.step(delivery(1), delivery(2))
    bench.refuse_until_dead(1)
    bench.step(delivery(3), confirmed=[1])
    assert bench.step(refused=[refusal(2)]) == [-2]
    assert bench.step(confirmed=[2]) == [3]
    assert bench.step(refused=[refusal(3)]) == [-3]


def test_a_refusal_of_another_time_cuts_no_patience():
    """In a conversation that never rests, a refusal from before the last deadline is forgotten."""
    bench = Bench()
    bench.step(delivery(1), delivery(2, queue="turns.other"))
    bench.refuse_until_dead(1)
    bench.step(confirmed=[1])
    bench.step(delivery(3), confirmed=[2], after=DEADLINE + 1)
    assert bench.step(refused=[refusal(3)]) == []
    started = bench.now
    bench.step(after=bench.wake_in())
    bench.refuse_until_dead(3)
    assert bench.now - started >= DEADLINE


def test_a_queue_that_takes_one_in_between_starts_the_deadline_anew():
    """The deadline counts from the first refusal since the queue last took a turn of the lane."""
    bench = Bench()
    bench.step(delivery(1), delivery(2))
    bench.step(refused=[refusal(1)])
    bench.step(after=DEADLINE - 0.1)
    assert bench.step(confirmed=[1]) == [2]
    bench.step(after=1.0)
    assert bench.step(refused=[refusal(2)]) == []


def test_a_deadline_is_a_queues_in_a_lane():
    """A turn for another model of the same conversation has a deadline of its own."""
    bench = Bench()
    bench.step(delivery(1), delivery(2, queue="turns.other"))
    bench.refuse_until_dead(1)
    bench.step(confirmed=[1])
    assert bench.step(refused=[refusal(2, "turns.other")]) == []


def test_a_turn_in_doubt_is_never_undeliverable():
    """A turn that may have arrived is published again for ever, and never becomes a dead letter."""
    bench = Bench()
    bench.step(delivery(1))
    for _ in range(50):
        assert bench.step(refused=[refusal(1, in_doubt=True)]) == []
        assert bench.step(after=PAUSE) == [1]
    bench.step(confirmed=[1])
    assert bench.endings == [(1, Outcome.ACCEPTED)]


def test_a_dead_letter_is_offered_for_ever():
    """A refused dead letter is retried past every deadline; its delivery stays unsettled."""
    bench = Bench()
    bench.step(delivery(1, dead=True))
    for _ in range(50):
        assert bench.step(refused=[refusal(1, "dead")]) == []
        assert bench.step(after=PAUSE) == [-1]
    assert bench.settled == []
    bench.step(confirmed=[1])
    assert bench.endings == [(1, Outcome.DEAD)]


def test_a_repeat_of_an_accepted_turn_is_settled_without_a_publish():
    """A message accepted before is a duplicate: acked, not published."""
    bench = Bench()
    bench.step(delivery(1, message_id="x"))
    bench.step(confirmed=[1])
    assert bench.step(delivery(2, message_id="x")) == []
    assert bench.settled == [1, 2]
    assert bench.endings[1:] == [(2, Outcome.DUPLICATE)]


def test_a_repeat_of_a_turn_in_flight_waits_for_its_fate():
    """A repeat is dropped when the first is confirmed, and takes its place if that is dead."""
    bench = Bench()
    bench.step(delivery(1, message_id="x"), delivery(2, message_id="x"), delivery(3))
    assert bench.settled == []
    assert bench.step(confirmed=[1]) == [3]
    assert bench.endings == [(1, Outcome.ACCEPTED), (2, Outcome.DUPLICATE)]

    bench = Bench()
    bench.step(delivery(1, message_id="x"), delivery(2, message_id="x"))
    bench.refuse_until_dead(1)
    assert bench.step(confirmed=[1]) == [2]


def test_what_is_redriven_is_no_repeat():
    """A turn that was accepted before is published once more where operators ask for it."""
    bench = Bench()
    bench.step(delivery(1, message_id="x"))
    bench.step(confirmed=[1])
    assert bench.step(delivery(2, message_id="x", redriven=True)) == [2]
    bench.step(confirmed=[2])
    assert bench.step(delivery(3, message_id="x", redriven=True)) == [3]


def test_what_comes_after_a_redriven_message_is_its_repeat():
    """A feeder's own late repeat of a message that was redriven and accepted is dropped."""
    bench = Bench()
    bench.step(delivery(1, message_id="x", redriven=True), delivery(2, message_id="x"))
    bench.step(confirmed=[1])
    assert bench.endings == [(1, Outcome.ACCEPTED), (2, Outcome.DUPLICATE)]


def test_a_message_with_a_derived_id_is_never_a_repeat():
    """Two bare messages that look alike become two turns."""
    bench = Bench()
    bench.step(delivery(1, message_id="x", derived=True))
    bench.step(confirmed=[1])
    assert bench.step(delivery(2, message_id="x", derived=True)) == [2]


def test_a_message_with_a_derived_id_is_no_repeat_of_one_in_flight():
    """A bare "yes" behind a bare "yes" that is on its way waits for it and is published too."""
    bench = Bench()
    first, second = (delivery(tag, message_id="x", derived=True) for tag in (1, 2))
    assert bench.step(first, second) == [1]
    assert bench.step(confirmed=[1]) == [2]
    bench.step(confirmed=[2])
    assert bench.endings == [(1, Outcome.ACCEPTED), (2, Outcome.ACCEPTED)]
    assert len(bench.window) == 0


def test_a_repeat_of_a_refused_turn_is_held_with_it():
    """While the first is refused neither is settled; its confirm settles both, first things first."""
    bench = Bench()
    bench.step(delivery(1, message_id="x"), delivery(2, message_id="x"))
    for _ in range(3):
        bench.step(refused=[refusal(1)])
        assert bench.step(after=PAUSE) == [1]
    assert bench.settled == []
    assert bench.step(confirmed=[1]) == []
    assert bench.settled == [1, 2]


def test_a_lost_link_makes_nothing_a_repeat():
    """What was on its way with its repeat comes again, and its turn is published again, once."""
    bench = Bench()
    bench.step(delivery(1, message_id="x"), delivery(2, message_id="x"))
    bench.dispatcher.release_all(bench.now)
    after = Bench(bench.window)
    again = [delivery(tag, message_id="x", redelivered=True) for tag in (1, 2)]
    assert after.step(*again) == [1]
    after.step(confirmed=[1])
    assert after.endings == [(1, Outcome.ACCEPTED), (2, Outcome.DUPLICATE)]


def test_a_repeat_past_the_age_of_the_window_is_a_turn_again():
    """A message that comes again after `window_age` is published again."""
    bench = Bench(RepeatWindow(1000, 600.0))
    bench.step(delivery(1, message_id="x"))
    bench.step(confirmed=[1])
    assert bench.step(delivery(2, message_id="x"), after=600.0) == []
    assert bench.step(delivery(3, message_id="x"), after=0.1) == [3]


def test_a_repeat_past_the_count_of_the_window_is_a_turn_again():
    """A message that comes again after `window_count` others is published again."""
    bench = Bench(RepeatWindow(2, 600.0))
    for tag, name in ((1, "x"), (2, "y"), (3, "z")):
        bench.step(delivery(tag, message_id=name))
        bench.step(confirmed=[tag])
    assert bench.step(delivery(4, message_id="y")) == []
    assert bench.step(delivery(5, message_id="x")) == [5]


def test_stated_and_derived_ids_do_not_meet():
    """A message with a derived id drops no later one, and no earlier one drops it."""
    bench = Bench()
    bench.step(delivery(1, message_id="x", derived=True))
    bench.step(confirmed=[1])
    assert bench.step(delivery(2, message_id="x")) == [2]
    bench.step(confirmed=[2])
    assert bench.step(delivery(3, message_id="x", derived=True)) == [3]


def test_the_same_id_in_another_conversation_is_no_repeat():
    """A message id counts within its conversation."""
    bench = Bench()
    bench.step(delivery(1, "a", message_id="x"))
    bench.step(confirmed=[1])
    assert bench.step(delivery(2, "b", message_id="x")) == [2]


def test_a_repeat_is_dropped_after_a_new_connection_too():
    """The window outlives the dispatcher: a redelivery of an accepted turn makes no second job."""
    bench = Bench()
    bench.step(delivery(1, message_id="x"))
    bench.step(confirmed=[1])
    after = Bench(bench.window)
    assert after.step(delivery(1, message_id="x", redelivered=True)) == []
    assert after.endings == [(1, Outcome.DUPLICATE)]


def test_a_drain_starts_nothing_and_lets_what_is_in_flight_end():
    """After a drain, nothing is published, confirms still settle, and the rest is released."""
    bench = Bench()
    bench.step(delivery(1, "a"), delivery(2, "a"), delivery(3, "b"))
    bench.dispatcher.drain(bench.now)
    bench.note_endings()
    assert bench.endings == [(2, Outcome.RELEASED)]
    assert bench.step(delivery(4, "d"), confirmed=[1], refused=[refusal(3)]) == []
    assert bench.settled == [1]
    assert bench.endings[1:] == [(1, Outcome.ACCEPTED), (3, Outcome.RELEASED)]
    assert (bench.dispatcher.in_flight, bench.dispatcher.unsettled) == (0, 0)
    assert bench.dispatcher.wake_in(bench.now) is None


def test_a_drain_releases_what_waits_for_a_retry():
    """Turns and dead letters between two attempts go back at a drain."""
    bench = Bench()
    bench.step(delivery(1, "a"), delivery(2, dead=True))
    bench.step(refused=[refusal(1), refusal(2, "dead")])
    bench.dispatcher.drain(bench.now)
    assert bench.step(after=PAUSE) == []
    assert sorted(bench.endings) == [(1, Outcome.RELEASED), (2, Outcome.RELEASED)]


def test_a_link_lost_while_draining_releases_the_rest_once():
    """What a drain has released is not released again when the link goes."""
    bench = Bench()
    bench.step(delivery(1, "a"), delivery(2, "a"), delivery(3, "b"))
    bench.step(refused=[refusal(3)])
    bench.dispatcher.drain(bench.now)
    bench.dispatcher.release_all(bench.now)
    bench.note_endings()
    assert sorted(bench.endings) == [(tag, Outcome.RELEASED) for tag in (1, 2, 3)]


def test_a_lost_link_releases_everything():
    """When the channel is gone every delivery on its way ends as released, once."""
    bench = Bench()
    bench.step(delivery(1, "a"), delivery(2, "a"), delivery(3, "b"), delivery(4, dead=True))
    bench.step(refused=[refusal(3)])
    bench.dispatcher.release_all(bench.now)
    bench.note_endings()
    assert sorted(bench.endings) == [(tag, Outcome.RELEASED) for tag in (1, 2, 3, 4)]
    assert bench.dispatcher.unsettled == 0
    assert bench.step(confirmed=[1], after=PAUSE) == []
    assert bench.settled == []


def test_a_late_word_about_a_publish_is_ignored():
    """A second confirm or refusal of the same publish changes nothing."""
    bench = Bench()
    bench.step(delivery(1))
    bench.step(confirmed=[1])
    assert bench.step(confirmed=[1], refused=[refusal(1)], after=PAUSE) == []
    assert (bench.settled, bench.endings) == ([1], [(1, Outcome.ACCEPTED)])


def test_a_conversation_leaves_nothing_behind():
    """Once its messages have ended, a conversation takes no memory."""
    bench = Bench()
    for tag in range(1, 200):
        bench.step(delivery(tag, f"conversation {tag}"))
        bench.step(confirmed=[tag])
    assert bench.dispatcher._lanes == {}
    assert bench.dispatcher._later == []


def test_it_knows_where_what_it_holds_came_from():
    """A partition counts as long as one of its deliveries waits, is in flight, or is retried."""
    bench = Bench()
    sent = [delivery(1, "a"), delivery(2, "a"), delivery(3, "b"), delivery(4, dead=True)]
    bench.step(*(replace(each, partition=each.tag) for each in sent))
    assert bench.dispatcher.partitions == {1, 2, 3, 4}
    bench.step(confirmed=[1], refused=[refusal(3), refusal(4)])
    assert bench.dispatcher.partitions == {2, 3, 4}
    bench.dispatcher.release_all(bench.now)
    assert bench.dispatcher.partitions == set()
