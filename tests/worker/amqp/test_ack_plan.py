from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from worker.amqp.ack_plan import Ack, AckPlan

PATIENCE = 0.02


class Channel:
    """What RabbitMQ does with the acks of one channel."""

    def __init__(self) -> None:
        self.delivered = 0
        self.unacked: set[int] = set()

    def deliver(self) -> None:
        self.delivered += 1
        self.unacked.add(self.delivered)

    def ack(self, ack: Ack) -> set[int]:
        """Return what the ack settles; the broker closes the channel over an unknown tag."""
        assert ack.tag in self.unacked, "PRECONDITION_FAILED - unknown delivery tag"
        settled = {tag for tag in self.unacked if tag <= ack.tag} if ack.multiple else {ack.tag}
        self.unacked -= settled
        return settled


class AnyHistory(RuleBasedStateMachine):
    """Deliveries, settlements in any order, and the acks sent for them."""

    def __init__(self) -> None:
        super().__init__()
        self.channel = Channel()
        self.plan = AckPlan(PATIENCE)
        self.settled: set[int] = set()
        self.acked: set[int] = set()
        self.since: dict[int, float] = {}
        self.now = 0.0

    @rule(count=st.integers(1, 10))
    def deliver(self, count):
        for _ in range(count):
            self.channel.deliver()

    @precondition(lambda self: len(self.settled) < self.channel.delivered)
    @rule(data=st.data())
    def settle(self, data):
        held = sorted(set(range(1, self.channel.delivered + 1)) - self.settled)
        tags = data.draw(st.lists(st.sampled_from(held), unique=True, min_size=1))
        self.plan.settle(tags, self.now)
        self.settled.update(tags)
        self.since.update(dict.fromkeys(tags, self.now))

    @rule(seconds=st.sampled_from([0.001, PATIENCE, 1.0]))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def take(self):
        self._send(self.plan.take(self.now))
        owed = self.settled - self.acked
        assert not {tag for tag in owed if self.now - self.since[tag] >= PATIENCE}, "kept waiting"
        assert not self._prefix() & owed, "the contiguous prefix is acked at once"
        assert self.plan.waiting == bool(owed)

    @rule()
    def take_all(self):
        self._send(self.plan.take_all())
        assert self.acked == self.settled
        assert not self.plan.waiting

    @invariant()
    def the_broker_holds_what_is_not_acked(self):
        everything = set(range(1, self.channel.delivered + 1))
        assert self.channel.unacked == everything - self.acked

    def _send(self, acks):
        for ack in acks:
            settled = self.channel.ack(ack)
            assert settled <= self.settled, "acked a delivery that nobody has settled"
            self.acked |= settled

    def _prefix(self):
        everything = range(1, self.channel.delivered + 1)
        held = [tag for tag in everything if tag not in self.settled]
        return set(range(1, held[0] if held else self.channel.delivered + 1))


TestAnyHistory = AnyHistory.TestCase


def test_all_that_is_settled_in_a_row_is_one_ack():
    """A hundred deliveries settled together, in whatever order, take one frame."""
    plan = AckPlan(PATIENCE)
    plan.settle(list(range(100, 0, -1)), 0.0)
    assert plan.take(0.0) == [Ack(100, multiple=True)]
    assert plan.take(9.0) == []


def test_one_delivery_is_acked_by_itself():
    """The ack of a single delivery does not speak of others."""
    plan = AckPlan(PATIENCE)
    plan.settle([1], 0.0)
    assert plan.take(0.0) == [Ack(1, multiple=False)]


def test_a_gap_is_given_time_to_close():
    """A delivery beyond a held one waits a moment, and goes with the rest if the gap closes."""
    plan = AckPlan(PATIENCE)
    plan.settle([2, 3], 0.0)
    assert plan.take(PATIENCE / 2) == []
    assert plan.waiting
    plan.settle([1], PATIENCE / 2)
    assert plan.take(PATIENCE / 2) == [Ack(3, multiple=True)]
    assert not plan.waiting


def test_a_held_delivery_does_not_hold_the_others():
    """What is settled beyond a held delivery is acked singly, without the held one."""
    plan = AckPlan(PATIENCE)
    plan.settle([2, 4], 0.0)
    assert plan.take(PATIENCE) == [Ack(2, multiple=False), Ack(4, multiple=False)]


def test_an_ack_names_a_delivery_that_is_still_unacked():
    """Once a gap closes, the ack names the last delivery not yet acked, never one acked before."""
    plan = AckPlan(PATIENCE)
    plan.settle([2], 0.0)
    plan.take(PATIENCE)
    plan.settle([1], PATIENCE)
    assert plan.take(PATIENCE) == [Ack(1, multiple=False)]
    plan.settle([3], PATIENCE)
    assert plan.take(PATIENCE) == [Ack(3, multiple=False)]


@given(order=st.permutations(range(1, 30)), batch=st.integers(1, 5))
def test_nothing_is_remembered_of_what_is_done(order, batch):
    """Whatever the order of settling, once all is acked the plan holds nothing of it."""
    plan = AckPlan(PATIENCE)
    for start in range(0, len(order), batch):
        plan.settle(order[start : start + batch], float(start))
        plan.take(float(start))
    plan.take_all()
    assert not plan._beyond
    assert not plan._acked
