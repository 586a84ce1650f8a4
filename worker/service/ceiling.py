"""The largest body that the broker takes."""

import re

from worker.pipeline.turn import Turn

_REFUSED = re.compile(r"message size \d+ is larger than (?:configured )?max size (?P<most>\d+)")


class Ceiling:
    """Unknown until the broker has closed a channel for a larger body: AMQP has no way to ask.

    A job is larger than the message in it. One that the broker does not take would cost the link
    each time it comes, until the broker gives its message up after a hundred times.
    """

    def __init__(self) -> None:
        self.most: int | None = None
        """Bytes; None as long as it is unknown."""

    def learn(self, why: str | None) -> None:
        """Take note of why a link was lost."""
        # A broker that takes more by now has most likely been restarted, so that the link was lost
        # for another reason: what was known of it is forgotten.
        found = _REFUSED.search(why or "")
        self.most = None if found is None else int(found["most"])

    def excess(self, turn: Turn) -> str | None:
        """Return why a turn's job is too large for the broker; None if it is not."""
        size = len(turn.publication.body)
        if self.most is None or size <= self.most:
            return None
        return f"the job is {size} bytes, and the broker takes {self.most} (max_message_size)"
