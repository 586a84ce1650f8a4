"""Decides what becomes of every message, by the real main path, and publishes nothing."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from worker.log import Log, fault
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.turn import DeadLetter, Turn
from worker.service.outcome import Ending, Outcome
from worker.service.sequencer import Sequencer
from worker.service.totals import Totals
from worker.service.window import RepeatWindow
from worker.shadow.summary import Summary

_SHOWN = 120


class Shadow:
    """Logs a line for each decision and counts them: outcome, rule, model; never a body."""

    def __init__(self, pipeline: Pipeline, window: RepeatWindow, totals: Totals, log: Log) -> None:
        self._pipeline = pipeline
        self._window = window
        self._totals = totals
        self._log = log
        self._sequencer = Sequencer()
        self.summary = Summary()

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Decide what would become of each."""
        for delivery in deliveries:
            self._decide(delivery)

    def _decide(self, delivery: Delivery) -> None:
        sequence = self._sequencer.next(time.time_ns() // 1000)
        made = self._pipeline(delivery, Stamp(datetime.now(UTC), sequence))
        outcome = self._outcome(made)
        self._totals.add(Ending(outcome, delivery, made, seconds=0.0, attempts=0))
        self.summary.messages += 1
        if made.known.source_kind is not None:
            self.summary.source_kinds[made.known.source_kind.value] += 1
        said = self._dead(made) if isinstance(made, DeadLetter) else self._turn(made, outcome)
        self._write(outcome, made, said)

    def _outcome(self, made: Turn | DeadLetter) -> Outcome:
        """Return what would have become of it; the broker is taken to have accepted every job."""
        if isinstance(made, DeadLetter):
            return Outcome.DEAD
        now = time.monotonic()
        if made.repeatable and not made.redriven and self._window.holds(made.turn_id, now):
            return Outcome.DUPLICATE
        if made.repeatable:
            self._window.add(made.turn_id, now)
        return Outcome.ACCEPTED

    def _dead(self, made: DeadLetter) -> dict[str, Any]:
        self.summary.dead[made.reason.value] += 1
        return {"route": made.known.route, "reason": made.reason.value, "detail": made.detail}

    def _turn(self, made: Turn, outcome: Outcome) -> dict[str, Any]:
        # The job itself, as a runner would read it: nothing of it is worked out a second time.
        job = json.loads(made.publication.body)
        route, model = job["route"], job["runtime"]["model"]
        if outcome is Outcome.DUPLICATE:
            self.summary.duplicates += 1
        else:
            self.summary.rules[route["name"]][model] += 1
        return {
            "route": route["name"],
            "model": model,
            "queue": made.publication.routing_key,
            "variant": route["variant"],
            "why": route["reason"],
            "override_ignored": route["override_ignored"],
            "turn_id": str(made.turn_id),
        }

    def _write(self, outcome: Outcome, made: Turn | DeadLetter, said: dict[str, Any]) -> None:
        known = made.known
        fields = {
            "outcome": outcome.value,
            "message_id": _shown(known.message_id),
            "conversation": _shown(known.conversation_id),
            "platform": known.platform,
            "source_kind": known.source_kind.value if known.source_kind else None,
            **{name: value for name, value in said.items() if value is not None},
        }
        error = made.error if isinstance(made, DeadLetter) else known.routing_error
        if error is not None:
            self._log.error("decision", **fields, **fault(error))
        elif outcome is Outcome.DEAD:
            self._log.warning("decision", **fields)
        else:
            self._log.info("decision", **fields)


def _shown(text: str | None) -> str | None:
    return text if text is None or len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
