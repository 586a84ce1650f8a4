"""Keeps order and loses nothing: what to publish, what to retry, what to settle.

A state machine without I/O: time and batches go in, actions and endings come out.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from contracts import DeadReason
from routing.charge import over_limit
from worker.backoff import Backoff
from worker.batch import Actions, Batch, Refusal
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery
from worker.pipeline.turn import DeadLetter, Turn
from worker.service.buckets import Buckets
from worker.service.lane import Lane, Passage
from worker.service.outcome import Ending, Outcome
from worker.service.toll import Toll
from worker.service.window import RepeatWindow


@dataclass(frozen=True, slots=True)
class Rules:
    """How long the dispatcher is patient, in seconds."""

    lane_deadline: float
    backoff: Backoff


class Dispatcher:
    """Takes deliveries through the worker.

    `make` turns a delivery into a turn or a dead letter and never raises; `bury` makes the dead
    letter of a turn that is over a limit or could not be delivered.
    """

    def __init__(
        self,
        make: Callable[[Delivery], Turn | DeadLetter],
        bury: Callable[[Delivery, Turn, DeadReason, str], DeadLetter],
        window: RepeatWindow,
        buckets: Buckets,
        rules: Rules,
    ) -> None:
        self._make = make
        self._bury = bury
        self._window = window
        self._toll = Toll(buckets)
        self._rules = rules
        self._lanes: dict[str, Lane] = {}
        self._in_flight: dict[int, Passage] = {}
        """Published and unconfirmed, by token."""
        self._later: list[tuple[float, int, Passage]] = []
        """What waits for another attempt, or for its limits: a heap by the time it is due."""
        self._later_numbers = count()
        self._draining = False
        self._unsettled = 0
        self._actions = Actions()
        self._endings: list[Ending] = []

    # ---- what goes in

    def step(self, batch: Batch, now: float) -> Actions:
        """Take one batch and return what to do about it. `now` is monotonic time in seconds."""
        for token in batch.confirmed:
            self._on_confirmed(token, now)
        for refusal in batch.refused:
            self._on_refused(refusal, now)
        if not self._draining:
            for delivery in batch.deliveries:
                self._on_delivery(delivery, now)
            self._publish_what_is_due(now)
        actions, self._actions = self._actions, Actions()
        return actions

    def drain(self, now: float) -> None:
        """Start nothing new: release all that has no unconfirmed publish."""
        self._draining = True
        held = [passage for lane in self._lanes.values() for passage in lane.passages]
        held += [passage for _, _, passage in self._later if passage.lane is None]
        for passage in held:
            if passage.tag not in self._in_flight:
                self._end(passage, Outcome.RELEASED, now)
        self._lanes.clear()
        self._later.clear()

    def release_all(self, now: float) -> None:
        """Forget everything on its way: the channel is gone and the broker delivers it again."""
        draining = self._draining
        self.drain(now)
        for passage in self._in_flight.values():
            self._end(passage, Outcome.RELEASED, now)
        self._in_flight.clear()
        self._actions = Actions()
        self._draining = draining

    # ---- what comes out besides

    def take_endings(self) -> list[Ending]:
        """Return how deliveries ended since the last call."""
        endings, self._endings = self._endings, []
        return endings

    def wake_in(self, now: float) -> float | None:
        """Return in how many seconds something is due, or None."""
        return max(0.0, self._later[0][0] - now) if self._later else None

    @property
    def in_flight(self) -> int:
        """How many publishes are unconfirmed."""
        return len(self._in_flight)

    @property
    def unsettled(self) -> int:
        """How many deliveries are on their way."""
        return self._unsettled

    @property
    def partitions(self) -> set[Partition]:
        """The partitions that deliveries on their way came from."""
        passages = [passage for lane in self._lanes.values() for passage in lane.passages]
        passages += self._in_flight.values()
        passages += (passage for _, _, passage in self._later)
        found = {passage.delivery.partition for passage in passages}
        return {partition for partition in found if partition is not None}

    @property
    def held(self) -> int:
        """How many lanes wait for a queue that refuses."""
        return sum(bool(lane.refusals) for lane in self._lanes.values())

    # ---- one delivery

    def _on_delivery(self, delivery: Delivery, now: float) -> None:
        self._unsettled += 1
        made = self._make(delivery)
        passage = Passage(delivery, made, now)
        if isinstance(made, Turn) and made.charges:
            made = passage.made = self._charge(passage, made, now)
        if isinstance(made, DeadLetter):
            self._publish(passage)
            return
        lane = self._lanes.get(made.lane)
        if lane is None:
            lane = self._lanes[made.lane] = Lane(made.lane)
        passage.lane = lane
        lane.passages.append(passage)
        if len(lane.passages) == 1:
            self._start(lane, now)

    def _charge(self, passage: Passage, turn: Turn, now: float) -> Turn | DeadLetter:
        """Return the turn if its limits let it go, now or later, else its dead letter."""
        if self._is_repeat(turn, now):
            return turn
        over = self._toll.charge(passage, turn, now)
        if over is None:
            return turn
        return self._bury(passage.delivery, turn, DeadReason.RATE_LIMITED, over_limit(over))

    def _start(self, lane: Lane, now: float) -> None:
        """Publish the first of a lane; repeats of accepted turns end here, unpublished."""
        while lane.passages:
            passage = lane.passages[0]
            made = passage.made
            # Only now, not on arrival: the first of its kind may have been in flight until now.
            if not self._is_repeat(made, now):
                if passage.not_before > now:
                    self._publish_later(passage, passage.not_before)
                else:
                    self._publish(passage)
                return
            lane.passages.popleft()
            self._settle(passage, Outcome.DUPLICATE, now)
        self._lanes.pop(lane.name, None)

    def _is_repeat(self, made: Turn | DeadLetter, now: float) -> bool:
        # What is redriven is wanted once more; what comes after it, once accepted, is its repeat.
        return (
            isinstance(made, Turn)
            and made.repeatable
            and not made.redriven
            and self._window.holds(made.turn_id, now)
        )

    def _publish(self, passage: Passage) -> None:
        passage.attempts += 1
        self._in_flight[passage.tag] = passage
        self._actions.publications.append((passage.tag, passage.made.publication))

    def _on_confirmed(self, token: int, now: float) -> None:
        passage = self._in_flight.pop(token, None)
        if passage is None:
            return
        made = passage.made
        if isinstance(made, DeadLetter):
            self._settle(passage, Outcome.DEAD, now)
        else:
            if made.repeatable:
                self._window.add(made.turn_id, now)
            if passage.lane is not None:
                passage.lane.refusals.pop(made.publication.routing_key, None)
            self._settle(passage, Outcome.ACCEPTED, now)
        lane = passage.lane
        if lane is not None and not self._draining:
            lane.passages.popleft()
            self._start(lane, now)

    def _on_refused(self, refusal: Refusal, now: float) -> None:
        passage = self._in_flight.pop(refusal.token, None)
        if passage is None:
            return
        if self._draining:
            self._end(passage, Outcome.RELEASED, now)
            return
        made, lane = passage.made, passage.lane
        passage.in_doubt |= refusal.in_doubt
        due = now + self._rules.backoff.delay(passage.attempts)
        # Unknown is not failed: only a refusal that the broker has stated starts the clock.
        if isinstance(made, Turn) and lane is not None and not refusal.in_doubt:
            queue = made.publication.routing_key
            until = lane.refused(queue, now, self._rules.lane_deadline)
            if now >= until:
                doubt = ", one of which may have arrived" if passage.in_doubt else ""
                detail = f"{queue}: {refusal.why}, {passage.attempts} attempts{doubt}"
                passage.made = self._bury(passage.delivery, made, DeadReason.UNDELIVERABLE, detail)
                self._publish(passage)
                return
            due = min(due, until)
        self._publish_later(passage, due)

    def _publish_later(self, passage: Passage, due: float) -> None:
        heapq.heappush(self._later, (due, next(self._later_numbers), passage))

    def _publish_what_is_due(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            self._publish(heapq.heappop(self._later)[2])

    def _settle(self, passage: Passage, outcome: Outcome, now: float) -> None:
        self._actions.settled.append(passage.tag)
        self._end(passage, outcome, now)

    def _end(self, passage: Passage, outcome: Outcome, now: float) -> None:
        self._unsettled -= 1
        self._toll.settle(passage, outcome)
        seconds, held = now - passage.since, max(0.0, passage.not_before - passage.since)
        ending = Ending(outcome, passage.delivery, passage.made, seconds, passage.attempts, held)
        self._endings.append(ending)
