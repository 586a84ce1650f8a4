"""Turns under limits: what goes, what is held, what is dead, and what is given back."""

from collections import defaultdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts import DeadReason
from tests.worker.service.letters import DEADLINE, delivery, dispatcher
from worker.batch import Batch, Refusal
from worker.pipeline.turn import DeadLetter
from worker.service.buckets import Buckets
from worker.service.outcome import Outcome
from worker.service.window import RepeatWindow

STRICT, PATIENT, SLOW = ("strict",), ("patient",), ("slow",)
EPSILON = 1e-6


class Bench:
    """A dispatcher, a clock and what outlives a connection; remembers what came out."""

    def __init__(self):
        self.window, self.buckets = RepeatWindow(1000, 600.0), Buckets()
        self.now = 100.0
        self.connect()

    def connect(self):
        self.dispatcher = dispatcher(self.window, self.buckets)
        self.endings = []

    def step(self, *deliveries, confirmed=(), refused=(), after=0.0):
        """Step once, `after` seconds later; return the tokens published, dead letters negative."""
        self.now += after
        batch = Batch(list(deliveries), list(confirmed), list(refused))
        actions = self.dispatcher.step(batch, self.now)
        self.endings += self.dispatcher.take_endings()
        return [
            -token if publication.exchange == "dead" else token
            for token, publication in actions.publications
        ]

    def pass_all(self, *deliveries):
        """Deliver, and confirm whatever is published, until nothing is left but what waits."""
        went = published = self.step(*deliveries)
        while published:
            published = self.step(confirmed=map(abs, published))
            went += published
        return went

    def ways(self):
        return {ending.delivery.tag: ending.outcome for ending in self.endings}


def flood(count, conversation="c", charges=STRICT, start=1):
    return [delivery(tag, conversation, charges=charges) for tag in range(start, start + count)]


def test_what_is_over_a_limit_is_a_dead_letter():
    """Past its burst a message becomes a dead letter that names the limit, and no job."""
    bench = Bench()
    assert sorted(bench.pass_all(*flood(4))) == [-4, -3, 1, 2]
    made = [ending.made for ending in bench.endings if ending.outcome is Outcome.DEAD]
    assert {each.reason for each in made if isinstance(each, DeadLetter)} == {
        DeadReason.RATE_LIMITED
    }
    assert all("limits.per_sender.stranger: more than 1/s" in each.detail for each in made)


def test_a_limit_lets_go_again_as_time_passes():
    """After an interval there is a token again."""
    bench = Bench()
    bench.pass_all(*flood(3))
    assert bench.step(delivery(4, charges=STRICT), after=1.0) == [4]
    assert bench.step(delivery(5, "other", charges=STRICT)) == [-5]


def test_a_message_without_limits_is_never_counted():
    """Any number of messages that nothing is charged for go at once."""
    bench = Bench()
    assert bench.pass_all(*flood(50, charges=())) == list(range(1, 51))
    assert len(bench.buckets) == 0


def test_what_is_held_goes_when_its_token_is_there():
    """It is published when the dispatcher asked to be woken, not before, and is not settled yet."""
    bench = Bench()
    bench.pass_all(*flood(2, charges=PATIENT))
    assert bench.step(*flood(2, charges=PATIENT, start=3)) == []
    assert bench.dispatcher.unsettled == 2
    assert bench.dispatcher.wake_in(bench.now) == pytest.approx(1.0)
    assert bench.step(after=0.9) == []
    assert bench.step(after=0.1 + EPSILON) == [3]
    assert bench.step(confirmed=[3]) == []
    assert bench.dispatcher.wake_in(bench.now) == pytest.approx(1.0, abs=1e-3)
    assert bench.step(after=1.0) == [4]
    assert bench.dispatcher.wake_in(bench.now) is None


def test_what_would_be_held_for_too_long_is_dead():
    """A bucket owes as much as comes within `up_to`; the rest is dead at once."""
    bench = Bench()
    went = bench.pass_all(*flood(9, charges=PATIENT))
    assert sorted(went) == [-9, -8, -7, -6, 1, 2]
    assert bench.dispatcher.unsettled == 3


def test_a_conversation_keeps_its_order_while_one_of_it_is_held():
    """What comes behind a held message in its lane waits for it; other lanes do not."""
    bench = Bench()
    bench.pass_all(*flood(2, charges=PATIENT))
    later = [delivery(3, charges=PATIENT), delivery(4), delivery(5, "other")]
    assert bench.step(*later) == [5]
    assert bench.step(after=1.1) == [3]
    assert bench.step(confirmed=[3]) == [4]


def test_a_repeat_costs_nothing():
    """A repeat of an accepted message is a repeat, with no token left as well as with one."""
    bench = Bench()
    bench.pass_all(delivery(1, message_id="m", charges=STRICT))
    for tag in range(2, 9):
        bench.pass_all(delivery(tag, message_id="m", charges=STRICT))
    assert set(bench.ways().values()) == {Outcome.ACCEPTED, Outcome.DUPLICATE}
    assert bench.pass_all(*flood(2, start=10)) == [10, -11]
    bench.pass_all(delivery(20, message_id="m", charges=STRICT))
    assert bench.ways()[20] is Outcome.DUPLICATE


def test_a_repeat_of_what_is_on_its_way_costs_nothing():
    """While the first is unconfirmed its repeats wait behind it and are not charged."""
    bench = Bench()
    twins = [delivery(tag, message_id="m", charges=STRICT) for tag in range(1, 6)]
    assert bench.step(*twins) == [1]
    bench.step(confirmed=[1])
    assert list(bench.ways().values()) == [Outcome.ACCEPTED, *[Outcome.DUPLICATE] * 4]
    assert bench.pass_all(*flood(2, start=10)) == [10, -11]


def test_repeats_of_a_message_that_was_turned_away_are_counted():
    """Sending a dead letter's message again is no way round a limit."""
    bench = Bench()
    bench.pass_all(*flood(2))
    again = [delivery(tag, message_id="m", charges=STRICT) for tag in range(3, 6)]
    assert bench.pass_all(*again) == [-3, -4, -5]


def test_messages_with_a_derived_id_are_all_counted():
    """A second bare "yes" is another message, so it costs as much."""
    bench = Bench()
    said = [delivery(t, message_id="m", derived=True, charges=STRICT) for t in range(1, 4)]
    assert sorted(bench.pass_all(*said)) == [-3, 1, 2]


@pytest.mark.parametrize("charges", [STRICT, PATIENT])
def test_what_comes_again_after_a_lost_link_is_not_charged_twice(charges):
    """What was on its way, published or held, gives back what it paid: all of it goes again."""
    bench = Bench()
    bench.step(*flood(4, charges=charges))
    bench.dispatcher.release_all(bench.now)
    bench.connect()
    bench.step(*flood(4, charges=charges, start=11))
    held = 2 if charges == PATIENT else 0
    went = bench.pass_all() + bench.step(confirmed=[11])
    assert went == [12]
    bench.step(confirmed=[12])
    assert bench.dispatcher.unsettled == held + (0 if held else 2)


def test_what_is_released_by_a_drain_gives_its_token_back():
    """What was held or waited goes back to the broker, and its tokens to the buckets."""
    bench = Bench()
    assert bench.step(*flood(5, charges=PATIENT)) == [1]
    bench.dispatcher.drain(bench.now)
    bench.step(confirmed=[1])
    released = [tag for tag, way in bench.ways().items() if way is Outcome.RELEASED]
    assert released == [2, 3, 4, 5]
    bench.connect()
    assert bench.pass_all(*flood(2, charges=PATIENT, start=11)) == [11]
    assert bench.dispatcher.wake_in(bench.now) == pytest.approx(1.0)


def test_a_turn_that_no_queue_took_is_not_charged():
    """A dead letter for another reason gives its token back."""
    bench = Bench()
    bench.step(*flood(1, charges=SLOW))
    while bench.step(refused=[Refusal(1, "turns.m", "full")], after=DEADLINE / 4) != [-1]:
        assert bench.step(after=2.0) == [1]
    bench.step(confirmed=[1])
    assert bench.ways() == {1: Outcome.DEAD}
    assert sorted(bench.pass_all(*flood(3, charges=SLOW, start=2))) == [-4, 2, 3]


def test_a_message_that_comes_again_when_nobody_remembers_it_is_counted_again():
    """Past the window a repeat is a turn like any other, with its price."""
    bench = Bench()
    again = [delivery(tag, message_id="m", charges=SLOW) for tag in range(1, 4)]
    assert bench.pass_all(again[0]) == [1]
    bench.now += 601.0
    assert bench.pass_all(again[1]) == [2]
    bench.now += 601.0
    assert bench.pass_all(again[2]) == [-3]


def test_all_limits_of_a_message_are_charged():
    """A message under two limits is turned away by either, and that costs it nothing."""
    bench = Bench()
    both, wide = ("strict", "wide"), ("wide",)
    assert sorted(bench.pass_all(*flood(5, charges=both))) == [-5, -4, -3, 1, 2]
    went = bench.pass_all(*flood(9, "w", charges=wide, start=11))
    assert sorted(went) == [-19, *range(11, 19)]


def test_the_ending_says_for_how_long_a_turn_was_held():
    """Seconds from its delivery until its limits let it go; nothing for the others."""
    bench = Bench()
    bench.pass_all(*flood(3, charges=PATIENT))
    bench.step(confirmed=bench.step(after=1.5))
    held = {ending.delivery.tag: ending.delayed for ending in bench.endings}
    assert held == {1: 0.0, 2: 0.0, 3: pytest.approx(1.0)}


arrivals = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.1, 1.0, 2.5]),  # seconds since the last one
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([STRICT, PATIENT, PATIENT, ("patient", "wide"), ()]),
    ),
    max_size=30,
)


@given(arrivals)
@example(  # two turns of lane b: the second pays when it comes, and goes when the first one does
    [
        *((0.0, "a", PATIENT), (0.0, "a", PATIENT), (0.0, "b", PATIENT), (0.0, "b", STRICT)),
        *((1.0, "a", STRICT), (0.0, "a", STRICT)),
    ]
)
def test_whatever_arrives_goes_in_order_and_within_its_limits(wanted):
    """Every message is a job or a dead letter, in the order of its lane, none before its token."""
    bench = Bench()
    went: list[tuple[float, int]] = []

    def note(published):
        while published:
            went.extend((bench.now, token) for token in published)
            published = bench.step(confirmed=[abs(token) for token in published])

    def wait(until):
        while (due := bench.dispatcher.wake_in(bench.now)) is not None and bench.now + due <= until:
            note(bench.step(after=due + EPSILON))
        bench.now = max(bench.now, until)

    came: dict[int, float] = {}
    for tag, (gap, lane, charges) in enumerate(wanted, start=1):
        wait(bench.now + gap)
        came[tag] = bench.now
        note(bench.step(delivery(tag, lane, charges=charges)))
    wait(bench.now + 60.0)

    assert bench.dispatcher.unsettled == 0
    assert sorted(abs(token) for _, token in went) == list(range(1, len(wanted) + 1))
    jobs = [(at, token) for at, token in went if token > 0]
    lanes = defaultdict(list)
    for _, token in jobs:
        lanes[wanted[token - 1][1]].append(token)
    assert all(tokens == sorted(tokens) for tokens in lanes.values())
    paid = sorted(came[token] for _, token in jobs if "strict" in wanted[token - 1][2])
    for first, last in zip(paid, paid[2:], strict=False):
        assert last - first >= 1.0 - 0.01, "three that came within less than a second"
