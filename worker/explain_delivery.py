"""Why a delivery becomes the turn, or the dead letter, that it becomes."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts import DeadReason, routing_key
from routing.decide import Router
from routing.explanation import Explanation, explain
from routing.origin import EXCHANGE
from routing.table import RoutingTable
from routing.trust import Trust
from worker.pipeline.build_job import Stamp, expiry
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.judge_signature import JudgeSignature, nobodys_key, taken_as_signed
from worker.pipeline.pipeline import Limits, Pipeline, Understood
from worker.pipeline.turn import DeadLetter


@dataclass(frozen=True, slots=True)
class ExplainedDelivery:
    """A turn, or a denied message, with the explanation, and what else is worth saying."""

    explanation: Explanation
    notes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    """When nobody wants the turn any more."""
    denied: str | None = None
    """The detail of the dead letter of a denied message."""


def explain_delivery(
    delivery: Delivery,
    table: RoutingTable,
    limits: Limits,
    prefix: str,
    now: datetime,
    judge_signature: JudgeSignature = nobodys_key,
) -> ExplainedDelivery | DeadLetter:
    """Return why `delivery` becomes its turn or is denied, or another dead letter it becomes."""
    router, stamp = Router(table), Stamp(now, sequence=0)
    pipeline = Pipeline(router, limits, prefix, judge_signature)
    outcome = pipeline(delivery, stamp)
    if isinstance(outcome, DeadLetter) and outcome.reason is not DeadReason.DENIED:
        return outcome
    understood = pipeline.understand(delivery, stamp)
    message, platform = understood.decoded.message, understood.decoded.platform
    explanation = explain(router, message, platform, prefix, understood.circumstances)
    # Its feeder computes the key from what it publishes, which may lack the platform.
    explanation = replace(explanation, routing_key=routing_key(understood.document))
    notes = []
    if delivery.routing_key and delivery.routing_key != explanation.routing_key:
        notes.append(
            f"it was published with routing key {delivery.routing_key}: the order of its"
            " conversation holds only if all of its messages are"
        )
    return ExplainedDelivery(
        explanation,
        tuple(notes),
        expires_at=_expires_at(explanation, understood, now),
        denied=outcome.detail if isinstance(outcome, DeadLetter) else None,
    )


def explain_message(
    body: bytes,
    table: RoutingTable,
    limits: Limits,
    prefix: str,
    now: datetime,
    publisher: str | None = None,
) -> ExplainedDelivery | DeadLetter:
    """Return why a message becomes its turn, taken to come as it ought to.

    That is, from the exchange of the platform it names, by `publisher`; by the first of its
    publishers, in the order of the alphabet, if the platform lists any and nobody is named; and
    signed, if it lists keys.
    """
    believing = replace(table, trust=Trust.OPEN, publishers={}, signing_keys={})
    first = Pipeline(Router(believing), limits, prefix)
    found = first(Delivery(tag=1, body=body, exchange="", routing_key=""), Stamp(now, sequence=0))
    platform = found.known.platform
    if isinstance(found, DeadLetter) and (platform is None or not found.known.conversation_id):
        return found
    exchange = f"{prefix}{EXCHANGE}{platform}"
    listed = sorted(table.publishers.get(platform or "", ()))
    by = publisher or next(iter(listed), None)
    delivery = Delivery(1, body, exchange, "", Properties(user_id=by))
    explained = explain_delivery(delivery, table, limits, prefix, now, taken_as_signed)
    if isinstance(explained, DeadLetter):
        return explained
    notes = [f"taken to be published to {exchange}"]
    if listed and publisher is None:
        notes[0] += f" by {by}" + (", one of its publishers" if len(listed) > 1 else "")
    if platform in table.signing_keys:
        notes[0] += ", signed"
    if table.trust is not Trust.OPEN and platform not in table.platforms:
        notes.append(f"the table does not name {platform}, so nobody declares {exchange}")
    return replace(explained, notes=(*notes, *explained.notes))


def _expires_at(explanation: Explanation, understood: Understood, now: datetime) -> datetime | None:
    decision, stated = explanation.decision, understood.decoded.message.expires_at
    return None if decision is None else expiry(stated, now, decision.expires_in)
