"""Ways to break a worker, each a mistake that a careful person could make."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import worker.topology
from worker.amqp import publisher
from worker.amqp.ack_plan import Ack, AckPlan
from worker.amqp.consumer import Consumer
from worker.amqp.link import AmqpLink
from worker.amqp.publisher import Publisher
from worker.batch import Refusal
from worker.pipeline import build_job
from worker.pipeline.publication import Publication
from worker.pipeline.turn import Turn
from worker.service.dispatcher import Dispatcher
from worker.service.lane import Passage
from worker.service.outcome import Outcome
from worker.service.service import Service
from worker.service.watchdog import Watchdog


def ack_before_the_confirm() -> None:
    """Acks a delivery as soon as its job is on its way."""
    publish, settle = Dispatcher._publish, Dispatcher._settle

    def publish_and_ack(self: Dispatcher, passage: Passage) -> None:
        publish(self, passage)
        if passage.attempts == 1:
            self._actions.settled.append(passage.tag)

    def end_only(self: Dispatcher, passage: Passage, outcome: Outcome, now: float) -> None:
        if outcome is Outcome.DUPLICATE:
            settle(self, passage, outcome, now)
        else:
            self._end(passage, outcome, now)

    _replace(Dispatcher, "_publish", publish_and_ack)
    _replace(Dispatcher, "_settle", end_only)


def no_single_active_consumer() -> None:
    """Lets every worker consume every partition at once."""
    arguments = worker.topology._inbound_arguments

    def without(*given: Any) -> dict[str, Any]:
        found = arguments(*given)
        return {name: found[name] for name in found if name != "x-single-active-consumer"}

    _replace(worker.topology, "_inbound_arguments", without)


def requeue_on_failure() -> None:
    """Gives a refused delivery back to the partition and goes on with the next."""
    links = _remembered_links()

    def requeue(self: Dispatcher, refusal: Refusal, now: float) -> None:
        passage = self._in_flight.pop(refusal.token, None)
        if passage is None:
            return
        self._end(passage, Outcome.RELEASED, now)
        consumer = _consumer(links)
        consumer.hand.settle([passage.tag])
        consumer._plan._acked.add(passage.tag)
        _start(consumer._channel.basic_nack(passage.tag, requeue=True))
        if passage.lane is not None and not self._draining:
            passage.lane.passages.popleft()
            self._start(passage.lane, now)

    _replace(Dispatcher, "_on_refused", requeue)


def no_lane_hold_on_refusal() -> None:
    """Retries a refused turn, and lets the conversation go on meanwhile."""
    refused = Dispatcher._on_refused

    def go_on(self: Dispatcher, refusal: Refusal, now: float) -> None:
        passage = self._in_flight.get(refusal.token)
        lane = passage.lane if passage is not None else None
        if passage is not None:
            passage.lane = None
        refused(self, refusal, now)
        if lane is not None and not self._draining:
            lane.passages.popleft()
            self._start(lane, now)

    _replace(Dispatcher, "_on_refused", go_on)


def same_message_id_on_retry() -> None:
    """Publishes a job under its message's own id, every time."""
    properties = publisher._amqp_properties
    publish = Publisher.publish

    def publish_under_its_id(self: Publisher, numbered: Sequence[tuple[int, Publication]]) -> None:
        for _, publication in numbered:
            if publication.routing_key:
                message = json.loads(publication.body)["message"]
                ids[id(publication.properties)] = message["message_id"]
        publish(self, numbered)

    def with_its_id(given: Any) -> Any:
        made = properties(given)
        made.message_id = ids.get(id(given), made.message_id)
        return made

    ids: dict[int, str] = {}
    _replace(Publisher, "publish", publish_under_its_id)
    _replace(publisher, "_amqp_properties", with_its_id)


def swallowed_cancellation() -> None:
    """Takes a publish that was cancelled, by a lost connection or a timeout, for one that is done."""
    report = Publisher._report

    def done(self: Publisher, refusal: Refusal) -> None:
        if refusal.in_doubt and refusal.why == "no confirm in time":
            self._confirmed(refusal.token)
        else:
            report(self, refusal)

    _replace(Publisher, "_report", done)


def cancel_on_drain() -> None:
    """Cancels its consumers first when told to stop, while it still holds deliveries."""
    links = _remembered_links()
    drain = Service._drain

    async def cancel_first(self: Service, *given: Any) -> None:
        consumer = _consumer(links)
        for tag in list(consumer._channel.consumers):
            await consumer._channel.basic_cancel(tag)
        await drain(self, *given)

    _replace(Service, "_drain", cancel_first)


def ack_too_far() -> None:
    """Acks everything up to a delivery, although earlier ones are held."""
    take = AckPlan.take

    def take_all_before(self: AckPlan, now: float) -> list[Ack]:
        return [replace(ack, multiple=True) for ack in take(self, now)]

    _replace(AckPlan, "take", take_all_before)


def window_too_early() -> None:
    """Remembers a turn as accepted when it is published, not when it is confirmed."""
    publish = Dispatcher._publish

    def publish_and_remember(self: Dispatcher, passage: Passage) -> None:
        publish(self, passage)
        if isinstance(passage.made, Turn) and passage.made.repeatable:
            self._window.add(passage.made.turn_id, passage.since)

    _replace(Dispatcher, "_publish", publish_and_remember)


def new_turn_id_each_time() -> None:
    """Gives a message another `turn_id` each time it is delivered."""
    _replace(build_job, "turn_id", lambda *_: uuid4())


def no_watchdog() -> None:
    """Never notices that nothing is delivered."""
    _replace(Watchdog, "look", lambda *_: None)


MUTATIONS: dict[str, Callable[[], None]] = {
    mutate.__name__.replace("_", "-"): mutate
    for mutate in (
        ack_before_the_confirm,
        no_single_active_consumer,
        requeue_on_failure,
        no_lane_hold_on_refusal,
        same_message_id_on_retry,
        swallowed_cancellation,
        cancel_on_drain,
        ack_too_far,
        window_too_early,
        new_turn_id_each_time,
        no_watchdog,
    )
}


def _remembered_links() -> list[AmqpLink]:
    """Return a list that every link adds itself to when it opens."""
    links: list[AmqpLink] = []
    opened = AmqpLink._open

    async def remember(self: AmqpLink, *given: Any, **named: Any) -> None:
        links.append(self)
        await opened(self, *given, **named)

    _replace(AmqpLink, "_open", remember)
    return links


def _consumer(links: list[AmqpLink]) -> Consumer:
    supplies = links[-1]._supplies
    assert supplies is not None
    consumer = supplies._shared._consumer
    assert consumer is not None
    return consumer


def _replace(owner: Any, name: str, by: Any) -> None:
    if not hasattr(owner, name):
        raise SystemExit(f"{owner} has no {name} any more: the mutation must be written anew")
    setattr(owner, name, by)


_TASKS: set["asyncio.Future[Any]"] = set()


def _start(work: Any) -> None:
    task = asyncio.ensure_future(work)
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)
