"""A delivery that cannot become a turn."""

from contracts import DeadReason


class Rejection(Exception):
    """Raised on the way from a delivery to a job; says why the delivery becomes a dead letter.

    `detail` is one line for people. It never quotes the body. `rule` is the rule that says so, if
    one does. `message_id` is the id that the message states, where whoever raises it, or passes it
    on, knows that already.
    """

    message_id: str | None = None

    def __init__(self, reason: DeadReason, detail: str, rule: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.rule = rule
