import json
from datetime import UTC, datetime

import pytest
from hypothesis import given

from contracts import DeadReason, routing_key
from routing.decide import Router
from routing.trust import Trust
from tests.routing.strategies import messages, platform_names, tables
from tests.routing.tables import table
from worker.explain_delivery import ExplainedDelivery, explain_delivery, explain_message
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter, Turn

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
LISTED = table(publishers={"telegram": ["hub-telegram", "hub-spare"]})
HELLO = b'{"text": "hello"}'


def delivered(body=HELLO, exchange="in.telegram", key="", user_id=None):
    properties = Properties(user_id=user_id)
    return Delivery(1, body, exchange, key, properties)


def explained(delivery, by=LISTED, limits=Limits(), prefix=""):  # noqa: B008 - it is frozen
    return explain_delivery(delivery, by, limits, prefix, NOW)


@given(by=tables(), sent=messages, platform=platform_names)
def test_explaining_agrees_with_routing(by, sent, platform):
    """What is explained is the turn that the main path makes of the same delivery."""
    exchange = f"in.{platform}"
    delivery = delivered(sent.model_dump_json(exclude_unset=True).encode(), exchange)
    turn = Pipeline(Router(by), Limits())(delivery, Stamp(NOW, 1))
    explanation = explained(delivery, by).explanation
    assert isinstance(turn, Turn)
    job = json.loads(turn.publication.body)
    assert explanation.queue == turn.publication.routing_key
    assert explanation.conversation == turn.lane
    assert explanation.classification.source_kind == job["source"]["source_kind"]
    assert explanation.decision.route.model_dump(mode="json") == job["route"]
    assert explanation.decision.runtime.model_dump(mode="json") == job["runtime"]


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (delivered(), DeadReason.UNTRUSTED_PUBLISHER),
        (delivered(exchange=""), DeadReason.UNTRUSTED_ORIGIN),
        (delivered(b"{}", "in.slack"), DeadReason.MALFORMED),
        (delivered(b'{"text": "x", "hops": 9}', "in.slack"), DeadReason.LOOP),
        (delivered(b'{"text": "%s"}' % (b"x" * 2000), "in.slack"), DeadReason.TOO_LARGE),
    ],
)
def test_a_dead_letter_is_explained_by_its_reason(delivery, reason):
    """A delivery that cannot become a turn has no more explanation than its reason."""
    outcome = explained(delivery, limits=Limits(max_body=1000))
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is reason


def test_a_delivery_is_judged_by_its_exchange_and_publisher():
    """An envelope from a listed publisher is explained as that platform's."""
    outcome = explained(delivered(user_id="hub-spare"))
    assert outcome.explanation.platform.platform == "telegram"
    assert outcome.notes == ()


def test_another_routing_key_is_noted():
    """A delivery with a routing key other than its feeder should use gets a note about order."""
    document = {"text": "x", "source": {"chat_id": "1"}}
    body = json.dumps(document).encode()
    right = explained(delivered(body, "in.slack", routing_key(document)))
    assert right.notes == ()
    assert right.explanation.routing_key == routing_key(document)
    (note,) = explained(delivered(body, "in.slack", "elsewhere")).notes
    assert "elsewhere" in note


def test_a_bare_message_is_believed():
    """A message without an envelope is taken to come from where and from whom it should."""
    body = b'{"text": "x", "source": {"platform": "telegram"}}'
    outcome = explain_message(body, LISTED, Limits(), "blue.", NOW)
    assert isinstance(outcome, ExplainedDelivery)
    assert outcome.explanation.queue == "blue.turns.base-m"
    assert outcome.notes == (
        "taken to be published to blue.in.telegram by one of its publishers: hub-spare, hub-telegram",
    )


@pytest.mark.parametrize("trust", list(Trust))
def test_a_bare_message_must_name_its_platform(trust):
    """A message that neither envelope nor body gives a platform is malformed."""
    outcome = explain_message(HELLO, table(trust=trust), Limits(), "", NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is DeadReason.MALFORMED
