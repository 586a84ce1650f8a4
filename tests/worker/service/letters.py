"""Deliveries and what is made of them, built by hand: a test shows all it depends on."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from contracts import DeadReason, PlatformName, SourceKind
from routing.charge import Charge
from routing.limit import Limit, Over, Scope
from worker.backoff import Backoff
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.publication import Publication
from worker.pipeline.redrive import Redrive
from worker.pipeline.turn import DeadLetter, Known, Turn
from worker.service.buckets import Buckets
from worker.service.dispatcher import Dispatcher, Rules
from worker.service.window import RepeatWindow

DEADLINE = 10.0
PAUSE = 0.75  # between two attempts, always
_LIMIT = Limit(Scope.PER_SENDER, SourceKind.STRANGER, count=1, unit="s", burst=2)
LIMITS = {
    "strict": _LIMIT,
    "patient": replace(_LIMIT, over=Over.DELAY, up_to=3.0),
    "slow": replace(_LIMIT, unit="h"),
    "wide": replace(_LIMIT, scope=Scope.PER_PLATFORM, count=10, burst=10),
}
"""Two at once and a token a second: then dead, or held for three seconds; a token an hour; and ten
times as many."""
_REDRIVE = Redrive(PlatformName("telegram"), SourceKind.STRANGER, 2, "in.telegram")


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
    charges: Sequence[str] = (),
    redriven: bool = False,
) -> Delivery:
    """A delivery whose body tells `make` what to make of it. Its id is its tag unless given.

    It is charged for each of `charges`, names out of `LIMITS`, all from one bucket of each.
    """
    body = {
        "conversation": conversation,
        "message_id": str(tag) if message_id is None else message_id,
        "queue": queue,
        "derived": derived,
        "dead": dead,
        "charges": list(charges),
        "redriven": redriven,
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
        charges=tuple(Charge(LIMITS[name], (name,)) for name in wanted["charges"]),
    )


def make_turn(given: Delivery) -> Turn:
    """What is made of a delivery that is not dead."""
    made = make(given)
    assert isinstance(made, Turn)
    return made


def bury(given: Delivery, turn: Turn, reason: DeadReason, detail: str) -> DeadLetter:
    """Stands for the pipeline's `bury`."""
    return DeadLetter(reason, detail, _dead_publication(given), turn.known)


def dispatcher(window: RepeatWindow | None = None, buckets: Buckets | None = None) -> Dispatcher:
    """A dispatcher that is patient for `DEADLINE` seconds."""
    if window is None:
        window = RepeatWindow(1000, 600.0)
    if buckets is None:
        buckets = Buckets()
    rules = Rules(DEADLINE, Backoff(PAUSE, PAUSE))
    return Dispatcher(make, bury, window, buckets, rules)


def _known(wanted: dict[str, Any]) -> Known:
    return Known(
        table="0123456789ab",
        message_id=wanted["message_id"],
        conversation_id=wanted["conversation"],
        platform="telegram",
        source_kind=SourceKind.STRANGER,
        route="base",
        redrive=_REDRIVE if wanted["redriven"] else None,
    )


def _dead_publication(given: Delivery) -> Publication:
    return Publication("dead", "", given.body, Properties())
