"""Why a delivery becomes the turn, or the dead letter, that it becomes."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts import routing_key
from routing.decide import Router
from routing.explanation import Explanation, explain
from routing.table import RoutingTable
from routing.trust import Trust
from worker.pipeline.build_job import Stamp
from worker.pipeline.decode import decode, judge
from worker.pipeline.delivery import Delivery
from worker.pipeline.json_reader import read_json_object
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.redact import redact
from worker.pipeline.turn import DeadLetter


@dataclass(frozen=True, slots=True)
class ExplainedDelivery:
    """A turn with the explanation of its decision, and what else is worth saying."""

    explanation: Explanation
    notes: tuple[str, ...] = ()


def explain_delivery(
    delivery: Delivery, table: RoutingTable, limits: Limits, prefix: str, now: datetime
) -> ExplainedDelivery | DeadLetter:
    """Return why `delivery` becomes its turn, or the dead letter that it becomes."""
    router = Router(table)
    outcome = Pipeline(router, limits, prefix)(delivery, Stamp(now, sequence=0))
    if isinstance(outcome, DeadLetter):
        return outcome
    document, _ = redact(read_json_object(delivery.body))
    decoded = decode(document, delivery, judge(delivery, table, prefix), table, now)
    explanation = explain(router, decoded.message, decoded.platform, prefix)
    # Its feeder computes the key from what it publishes, which may lack the platform.
    explanation = replace(explanation, routing_key=routing_key(document))
    notes = []
    if delivery.routing_key and delivery.routing_key != explanation.routing_key:
        notes.append(
            f"it was published with routing key {delivery.routing_key}: the order of its"
            " conversation holds only if all of its messages are"
        )
    return ExplainedDelivery(explanation, tuple(notes))


def explain_message(
    body: bytes, table: RoutingTable, limits: Limits, prefix: str, now: datetime
) -> ExplainedDelivery | DeadLetter:
    """Return why a message becomes its turn, taken to come as it ought to.

    That is, from the exchange of the platform it names, by a publisher that this one lists.
    """
    believing = replace(table, trust=Trust.OPEN, publishers={})
    delivery = Delivery(tag=1, body=body, exchange="", routing_key="")
    explained = explain_delivery(delivery, believing, limits, prefix, now)
    if isinstance(explained, DeadLetter):
        return explained
    platform = explained.explanation.platform.platform
    note = f"taken to be published to {prefix}in.{platform}"
    if platform in table.publishers:
        note += f" by one of its publishers: {', '.join(sorted(table.publishers[platform]))}"
    return replace(explained, notes=(note, *explained.notes))
