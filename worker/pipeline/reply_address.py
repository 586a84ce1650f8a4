"""Where the answer to a turn is wanted, and where no answer may go."""

from contracts import DeadReason, InboundMessage, ReplyTo, short
from routing.origin import EXCHANGE
from routing.rejection import Rejection
from routing.table import RoutingTable
from worker.pipeline.delivery import Properties

_FIELDS = set(ReplyTo.model_fields)


def reply_address(
    message: InboundMessage, properties: Properties, *, signed: bool
) -> ReplyTo | None:
    """Return where the body wants the answer, else where AMQP's `reply_to` does, else None.

    AMQP's does not count for a signed message: it is not signed, so whoever carried the message
    could have the answer.
    """
    if message.reply_to is not None or signed or not properties.reply_to:
        return _bare(message.reply_to)
    return ReplyTo(
        routing_key=properties.reply_to, correlation_id=properties.correlation_id or None
    )


def _bare(stated: ReplyTo | None) -> ReplyTo | None:
    # What else is in it travels in the message, and need not do so twice.
    if stated is None or not stated.model_extra:
        return stated
    return ReplyTo.model_validate(stated.model_dump(include=_FIELDS, exclude_unset=True))


class OwnAddresses:
    """The exchanges and queues of a table's own topology: no answer may go there.

    A sender has a say in what the model answers. Published by a runner to a platform's exchange, or
    to a queue of jobs, those words would be the platform's, or a job that nobody decided; published
    as figures, what the console says of workers.
    """

    def __init__(self, table: RoutingTable, prefix: str) -> None:
        self._entries = prefix + EXCHANGE
        self._exchanges = frozenset(
            prefix + name for name in ("inbound", "turns", "dead", "figures")
        )
        families = ("inbound.", "inbound@", "turns.", "figures.")
        self._families = tuple(prefix + name for name in families)
        named = {short(prefix + queue) for queue in table.queues}
        self._queues = frozenset({f"{prefix}dead", f"{prefix}dead.lock", *named})

    def refuse(self, address: ReplyTo | None) -> None:
        """Raise Rejection (`malformed`) if an answer to this address would come back to us."""
        if address is not None and self._holds(address):
            detail = "reply_to leads into the router, whose exchanges and queues take no answers"
            raise Rejection(DeadReason.MALFORMED, detail)

    def _holds(self, address: ReplyTo) -> bool:
        if address.exchange:
            return address.exchange in self._exchanges or address.exchange.startswith(self._entries)
        queue = address.routing_key
        return queue in self._queues or queue.startswith(self._families)
