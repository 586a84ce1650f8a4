"""Why what somebody gives goes where it goes, be it a message or an envelope."""

from datetime import datetime
from typing import NamedTuple

from contracts import DeadReason
from routing.rejection import Rejection
from routing.table import RoutingTable
from worker.envelope import read_delivery
from worker.explain_delivery import ExplainedDelivery, explain_delivery, explain_message
from worker.failure import CommandFailed
from worker.pipeline.judge_signature import judge_by
from worker.pipeline.pipeline import Limits
from worker.pipeline.turn import DeadLetter
from worker.signing_keys import SigningKeys


class Basis(NamedTuple):
    """What a message is explained by."""

    table: RoutingTable
    limits: Limits
    prefix: str
    now: datetime


def explain_given(
    content: bytes, basis: Basis, publisher: str | None = None
) -> ExplainedDelivery | tuple[DeadReason, str]:
    """Return why the one message in `content` becomes its turn, or the reason why it does not.

    `content` is JSON: a message, taken to be published as it ought to be, or an envelope. Raises
    CommandFailed if there is a publisher besides an envelope.
    """
    try:
        delivery = read_delivery(content, 1)
    except Rejection as rejection:
        return rejection.reason, rejection.detail
    if delivery.body == content:  # what is no envelope is the body itself
        explained = explain_message(content, *basis, publisher)
    elif publisher is not None:
        raise CommandFailed("an envelope says who published it: `properties.user_id`")
    else:
        explained = explain_delivery(delivery, *basis, judge_by(SigningKeys()))
    if isinstance(explained, DeadLetter):
        return explained.reason, explained.detail
    return explained
