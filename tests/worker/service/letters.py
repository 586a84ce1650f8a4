"""Deliveries and what is made of them, built by hand: a test shows all it depends on."""

import json
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from contracts import DeadReason, SourceKind
from worker.backoff import Backoff
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.publication import Publication
from worker.pipeline.turn import DeadLetter, Known, Turn
from worker.service.dispatcher import Dispatcher, Rules
from worker.service.window import RepeatWindow

DEADLINE = 10.0
PAUSE = 0.75  # between two attempts, always


def delivery(
    tag: int,
    conversation: str = "c",
    message_id: str | None = None,
    *,
    queue: str = "turns.m",
    derived: bool = False,
    dead: bool = False,
    redelivered: bool = False,
    routing_key: str = "key",
) -> Delivery:
    """A delivery whose body tells `make` what to make of it. Its id is its tag unless given."""
    body = {
        "conversation": conversation,
        "message_id": str(tag) if message_id is None else message_id,
        "queue": queue,
        "derived": derived,
        "dead": dead,
    }
    return Delivery(
        tag,
        json.dumps(body).encode(),
        "in.telegram",
        routing_key,
        redelivered=redelivered,
        partition=0,
    )


def make(given: Delivery) -> Turn | DeadLetter:
    """Stands for the pipeline."""
    wanted = json.loads(given.body)
    known = _known(wanted)
    if wanted["dead"]:
        return DeadLetter(DeadReason.MALFORMED, "made so", _dead_publication(given), known)
    return Turn(
        turn_id=uuid5(NAMESPACE_OID, f"{wanted['conversation']} {wanted['message_id']}"),
        lane=wanted["conversation"],
        repeatable=not wanted["derived"],
        publication=Publication("turns", wanted["queue"], given.body, Properties()),
        known=known,
    )


def make_turn(given: Delivery) -> Turn:
    """What is made of a delivery that is not dead."""
    made = make(given)
    assert isinstance(made, Turn)
    return made


def bury(given: Delivery, turn: Turn, detail: str) -> DeadLetter:
    """Stands for the pipeline's `bury`."""
    return DeadLetter(DeadReason.UNDELIVERABLE, detail, _dead_publication(given), turn.known)


def dispatcher(window: RepeatWindow | None = None) -> Dispatcher:
    """A dispatcher that is patient for `DEADLINE` seconds."""
    if window is None:
        window = RepeatWindow(1000, 600.0)
    return Dispatcher(make, bury, window, Rules(DEADLINE, Backoff(PAUSE, PAUSE)))


def _known(wanted: dict[str, Any]) -> Known:
    return Known(
        table="0123456789ab",
        message_id=wanted["message_id"],
        conversation_id=wanted["conversation"],
        platform="telegram",
        source_kind=SourceKind.STRANGER,
        route="base",
    )


def _dead_publication(given: Delivery) -> Publication:
    return Publication("dead", "", given.body, Properties())
