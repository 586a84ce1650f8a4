"""What turns pay for passing: tokens of the limits they are under."""

from uuid import UUID

from routing.charge import Charge
from worker.pipeline.turn import Turn
from worker.service.buckets import Buckets
from worker.service.lane import Passage
from worker.service.outcome import Outcome


class Toll:
    """Charges passages, and gives back what was charged for nothing."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._charged: set[UUID] = set()
        """The turns on their way that have paid."""

    def charge(self, passage: Passage, turn: Turn, now: float) -> Charge | None:
        """Charge a turn, and note until when it is held; return the charge it cannot pay.

        A repeat of a turn on its way is not charged again, so that it does not become a dead
        letter beside the turn. `now` is monotonic time in seconds.
        """
        if turn.repeatable and not turn.redriven and turn.turn_id in self._charged:
            return None
        wait = self._buckets.take(turn.charges, now)
        if isinstance(wait, Charge):
            return wait
        passage.paid, passage.not_before = turn, now + wait
        self._charged.add(turn.turn_id)
        return None

    def settle(self, passage: Passage, outcome: Outcome) -> None:
        """Give back what a passage has paid, unless its turn was accepted."""
        paid = passage.paid
        if paid is None:
            return
        self._charged.discard(paid.turn_id)
        if outcome is not Outcome.ACCEPTED:
            self._buckets.give_back(paid.charges)
