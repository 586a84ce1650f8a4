"""Writes down what is seen, and counts what is not written."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from worker.capture.captured_line import Kept, LeftOut, captured_line
from worker.envelope import read_delivery
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.turn import DeadLetter

# What a job says of the world rather than of its message, and what is masked on purpose.
_NOT_DECIDED = ("message", "turn_id", "message_id_derived", "sequence", "received_at")


class Capture:
    """Gives `write` a line for each delivery, and calls `enough` after `most` of them.

    Each line is decided once more by `pipeline`, to tell what the lines are worth.
    """

    def __init__(
        self,
        kept: Kept,
        pipeline: Pipeline,
        write: Callable[[bytes], None],
        most: int | None,
        enough: Callable[[], None],
    ) -> None:
        self._kept = kept
        self._pipeline = pipeline
        self._write = write
        self._most = most
        self._enough = enough
        self.failed: OSError | None = None
        """Why nothing more can be written."""
        self.captured = 0
        self.otherwise = 0
        """Lines that are decided otherwise than what was seen."""
        self.left_out: Counter[LeftOut] = Counter()

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Write down what is asked for of each, up to `most` in all."""
        for delivery in deliveries:
            if self.captured == self._most or self.failed is not None:
                return
            line = captured_line(delivery, self._kept)
            if isinstance(line, LeftOut):
                self.left_out[line] += 1
                continue
            try:
                self._write(line)
            except OSError as error:
                self.failed = error
                self._enough()
                return
            self.captured += 1
            self.otherwise += self._is_decided_otherwise(delivery, line)
            if self.captured == self._most:
                self._enough()

    def lines(self) -> Iterator[str]:
        """What to tell people at the end."""
        yield f"captured {self.captured:,} messages"
        for why, count in self.left_out.items():
            yield f"left out {count:,}: {why.value}"
        if self.otherwise:
            yield (
                f"{self.otherwise:,} of them are decided otherwise than they were, for what was"
                " left out of them"
            )

    def _is_decided_otherwise(self, delivery: Delivery, line: bytes) -> bool:
        stamp = Stamp(datetime.now(UTC), sequence=0)
        return self._decided(delivery, stamp) != self._decided(read_delivery(line, 1), stamp)

    def _decided(self, delivery: Delivery, stamp: Stamp) -> dict[str, Any]:
        made = self._pipeline(delivery, stamp)
        if isinstance(made, DeadLetter):
            return {"dead": made.reason}
        job = json.loads(made.publication.body)
        decided = {name: value for name, value in job.items() if name not in _NOT_DECIDED}
        return {**decided, "queue": made.publication.routing_key}
