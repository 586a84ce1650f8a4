"""The dispatcher watched from outside, whatever deliveries come and whatever a broker does."""

from collections import defaultdict
from dataclasses import dataclass
from math import inf

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.worker.service.letters import DEADLINE, PAUSE, delivery, dispatcher, make
from worker.batch import Batch, Refusal
from worker.pipeline.delivery import Delivery
from worker.pipeline.turn import DeadLetter, Turn
from worker.service.outcome import Ending, Outcome
from worker.service.window import RepeatWindow

WINDOW_AGE = 30.0
EPSILON = 1e-6  # what adding seconds costs
LONGEST_WAIT = 4.0  # of the clock at once

messages = st.tuples(
    st.sampled_from(["a", "b", "c"]),  # conversation
    st.sampled_from(["1", "2", "3", None]),  # message id; None is one of its own
    st.sampled_from(["turns.m", "turns.n"]),
    st.sampled_from([False, False, False, True]),  # whether the id is derived
    st.sampled_from([False, False, False, True]),  # whether it becomes a dead letter
)
seconds = st.floats(0, LONGEST_WAIT)


@dataclass(slots=True)
class Fate:
    """What was seen to happen to one delivery."""

    given: Delivery
    made: Turn | DeadLetter
    published: int = 0
    buried: bool = False
    refused_first: float | None = None
    ended: bool = False

    @property
    def lane(self) -> str | None:
        return self.made.lane if isinstance(self.made, Turn) else None

    @property
    def queue(self) -> str:
        return self.made.publication.routing_key or "dead"


class DispatcherModel(RuleBasedStateMachine):
    """Plays the pipeline, the broker and the clock; knows the promises, not how they are kept."""

    def __init__(self):
        super().__init__()
        self.window = RepeatWindow(10_000, WINDOW_AGE)
        self.accepted = {}  # turn id to the time of its last confirm
        self.returned = []  # what the broker has to deliver again
        self.now = 1000.0
        self.tag = 0
        self.connect()

    def connect(self):
        self.dispatcher = dispatcher(self.window)
        self.fates: dict[int, Fate] = {}
        self.in_flight: list[int] = []
        self.refusing: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
        self.draining = False

    # ---- what may happen

    @rule(wanted=st.lists(messages, min_size=1, max_size=5))
    def deliver(self, wanted):
        self.step([self.new_delivery(*one) for one in wanted])

    @precondition(lambda self: self.returned)
    @rule()
    def deliver_again(self):
        deliveries, self.returned = self.returned, []
        self.step([self.next_delivery(old.body) for old in deliveries])

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), wanted=st.lists(messages, max_size=2), passed=seconds)
    def hear_of_publishes(self, data, wanted, passed):
        heard = data.draw(st.lists(st.sampled_from(self.in_flight), unique=True, min_size=1))
        words = [data.draw(st.sampled_from("ack ack nack return doubt".split())) for _ in heard]
        told = list(zip(heard, words, strict=True))
        self.now += passed
        self.step(
            [self.new_delivery(*one) for one in wanted],
            confirmed=[token for token, word in told if word == "ack"],
            refused=[self.refusal(token, word) for token, word in told if word != "ack"],
        )

    @precondition(lambda self: self.in_flight)
    @rule(passed=seconds)
    def hear_that_all_are_refused(self, passed):
        self.now += passed
        self.step(refused=[self.refusal(token, "nack") for token in self.in_flight])

    @rule(passed=seconds)
    def wait(self, passed):
        self.now += passed
        self.step()

    @precondition(lambda self: self.wake_in() < inf)
    @rule()
    def wait_until_woken(self):
        self.now += self.wake_in() + EPSILON
        assert self.step(), "it asked to be woken for nothing"

    @precondition(lambda self: not self.draining)
    @rule()
    def drain(self):
        self.draining = True
        self.dispatcher.drain(self.now)
        self.check_endings(self.dispatcher.take_endings(), confirmed=())
        on_their_way = [tag for tag, fate in self.fates.items() if not fate.ended]
        assert sorted(self.in_flight) == on_their_way, "only what is in flight is waited for"

    @rule()
    def lose_the_link(self):
        self.draining = True
        self.dispatcher.release_all(self.now)
        self.check_endings(self.dispatcher.take_endings(), confirmed=())
        assert all(fate.ended for fate in self.fates.values()), "released means all of them"
        self.connect()

    # ---- what must hold

    def step(self, deliveries=(), confirmed=(), refused=()):
        """Step, hold what comes out against what went in, and return what was published."""
        if self.draining:
            self.returned += deliveries  # the broker takes them back when the channel closes
        else:
            self.fates |= {given.tag: Fate(given, make(given)) for given in deliveries}
        for token in [*confirmed, *(refusal.token for refusal in refused)]:
            self.in_flight.remove(token)
        for token in confirmed:
            self.note_confirm(self.fates[token])
        overdue = [refusal.token for refusal in refused if self.note_refusal(refusal)]

        actions = self.dispatcher.step(Batch([*deliveries], [*confirmed], [*refused]), self.now)
        endings = self.dispatcher.take_endings()
        self.check_endings(endings, confirmed)
        settled = [end.delivery.tag for end in endings if end.outcome is not Outcome.RELEASED]
        assert sorted(actions.settled) == sorted(settled)
        for token, publication in actions.publications:
            self.check_publication(self.fates[token], to_dead=publication.exchange == "dead")
        assert all(self.fates[token].buried for token in overdue if not self.draining)
        return actions.publications

    def check_endings(self, endings: list[Ending], confirmed):
        for ending in endings:
            fate = self.fates[ending.delivery.tag]
            assert not fate.ended, "a delivery ends once"
            fate.ended = True
            self.check_outcome(ending.outcome, fate, heard=fate.given.tag in confirmed)
        for lane in list(self.refusing):
            if not any(fate.lane == lane and not fate.ended for fate in self.fates.values()):
                del self.refusing[lane]

    def check_outcome(self, outcome, fate, *, heard):
        match outcome:
            case Outcome.ACCEPTED:
                assert heard
                assert isinstance(fate.made, Turn)
                assert not fate.buried
            case Outcome.DEAD:
                assert heard
                assert fate.buried or isinstance(fate.made, DeadLetter)
            case Outcome.DUPLICATE:
                assert isinstance(fate.made, Turn)
                assert fate.made.repeatable, "a derived id is never a repeat"
                assert self.now - self.accepted[fate.made.turn_id] <= WINDOW_AGE
                assert not heard
                assert not fate.published or fate.refused_first is not None
            case Outcome.RELEASED:
                assert self.draining
                assert not heard
                self.returned.append(fate.given)
                if fate.given.tag in self.in_flight:
                    self.in_flight.remove(fate.given.tag)

    def check_publication(self, fate, *, to_dead):
        assert not self.draining, "a drain starts nothing"
        assert not fate.ended, "what has ended is not published again"
        assert fate.given.tag not in self.in_flight, "one publish of a delivery at a time"
        if fate.lane is not None:
            lane = [other for other in self.fates.values() if other.lane == fate.lane]
            alone = not any(other.given.tag in self.in_flight for other in lane)
            assert alone, "one unconfirmed publish of a conversation at a time"
            first = next(other for other in lane if not other.ended)
            assert first is fate, "a conversation is published in the order of delivery"
            self.check_repeat(fate)
            self.check_burial(fate, to_dead=to_dead)
        fate.published += 1
        self.in_flight.append(fate.given.tag)

    def check_repeat(self, fate):
        if fate.made.repeatable and not fate.published:
            accepted = self.accepted.get(fate.made.turn_id)
            assert accepted is None or self.now - accepted > WINDOW_AGE, "a repeat was published"

    def check_burial(self, fate, *, to_dead):
        if fate.buried:
            assert to_dead, "a dead letter stays one"
        elif to_dead:
            fate.buried = True
            refused_for = self.now - self.refusing[fate.lane][fate.queue][0]
            assert refused_for >= DEADLINE - EPSILON, "undeliverable before the deadline"

    @invariant()
    def every_delivery_is_counted_until_it_ends(self):
        assert self.dispatcher.unsettled == sum(not fate.ended for fate in self.fates.values())
        assert self.dispatcher.in_flight == len(self.in_flight)

    @invariant()
    def nothing_is_forgotten(self):
        if self.draining:
            return
        for fate in self.heads():
            if fate.given.tag not in self.in_flight:
                assert fate.published, "the first of a conversation was never published"
                assert self.wake_in() <= PAUSE + EPSILON

    @invariant()
    def there_are_no_more_lanes_than_deliveries(self):
        """Nothing of a conversation is kept once none of its messages is on its way."""
        lanes = self.dispatcher._lanes.values()
        assert len(lanes) <= sum(len(lane.passages) for lane in lanes) <= self.dispatcher.unsettled
        assert all(lane.passages for lane in lanes)

    @invariant()
    def lanes_of_refusing_queues_are_told(self):
        if not self.draining:
            assert self.dispatcher.held == sum(bool(queues) for queues in self.refusing.values())

    def teardown(self):
        """A broker that takes everything brings every delivery to its end."""
        if self.draining:
            self.lose_the_link()
        self.step([self.next_delivery(old.body) for old in self.returned])
        while not all(fate.ended for fate in self.fates.values()):
            self.now += PAUSE + EPSILON
            self.step()
            stuck = [fate for fate in self.heads() if fate.given.tag not in self.in_flight]
            assert not stuck, "not retried within the pause"
            self.step(confirmed=[*self.in_flight])
        assert self.dispatcher._lanes == {}
        assert self.dispatcher._later == []

    # ---- the world

    def next_delivery(self, body):
        self.tag += 1
        return Delivery(self.tag, body, "in.telegram", "key", redelivered=True, partition=0)

    def new_delivery(self, conversation, message_id, queue, derived, dead):
        self.tag += 1
        return delivery(self.tag, conversation, message_id, queue=queue, derived=derived, dead=dead)

    def refusal(self, token, word):
        fate = self.fates[token]
        queue = "dead" if fate.buried else fate.queue
        return Refusal(
            token, queue, "made so", unroutable=word == "return", in_doubt=word == "doubt"
        )

    def note_confirm(self, fate):
        if isinstance(fate.made, Turn) and not fate.buried:
            if fate.made.repeatable:
                self.accepted[fate.made.turn_id] = self.now
            self.refusing[fate.lane].pop(fate.queue, None)

    def note_refusal(self, refusal):
        """Tell whether it is one too many: refused for as long as the deadline, itself."""
        fate = self.fates[refusal.token]
        if fate.lane is None or fate.buried or refusal.in_doubt:
            return False
        first, last = self.refusing[fate.lane].get(fate.queue, (self.now, self.now))
        if self.now - last > DEADLINE:
            first = self.now
        self.refusing[fate.lane][fate.queue] = first, self.now
        fate.refused_first = max(fate.refused_first or self.now, first)
        return self.now - fate.refused_first >= DEADLINE

    def wake_in(self):
        wait = self.dispatcher.wake_in(self.now)
        return inf if wait is None else wait

    def heads(self):
        """What must be on its way: dead letters, and the first of each conversation."""
        alive = [fate for fate in self.fates.values() if not fate.ended]
        first: dict[str | None, Fate] = {}
        for fate in alive:
            first.setdefault(fate.lane, fate)
        return [fate for fate in alive if fate.lane is None or first[fate.lane] is fate]


TestDispatcherModel = DispatcherModel.TestCase
TestDispatcherModel.settings = settings(max_examples=60, stateful_step_count=40)
