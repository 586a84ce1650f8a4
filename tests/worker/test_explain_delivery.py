import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given

from contracts import DeadReason, routing_key
from routing.decide import Router
from routing.load_table import load_table
from routing.trust import Trust
from tests.routing.reference_router.random_tables import ENVIRON, random_case
from tests.routing.reference_router.yaml_text import dump
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


@pytest.mark.parametrize("seed", range(5))
def test_explaining_agrees_with_routing_by_any_table(seed):
    """With all that a table can say, what is explained is the turn, or the denial, that is made."""
    rng = random.Random(f"explained {seed}")
    seen = set()
    for _ in range(60):
        document, drawn = random_case(rng, 10)
        by = load_table(dump(document).encode(), ENVIRON).table
        assert by is not None
        for facts in drawn:
            body = json.dumps(facts["message"]).encode()
            delivery = delivered(body, f"in.{facts['platform']}", user_id=facts["publisher"])
            made = Pipeline(Router(by), Limits())(delivery, Stamp(facts["now"], 1))
            seen.add(compared(made, explain_delivery(delivery, by, Limits(), "", facts["now"])))
    assert {"turn", "denied", "split"} <= seen


@pytest.mark.parametrize("seed", range(2))
def test_a_bare_message_is_explained_as_it_is_routed_when_believed(seed):
    """A message that names its platform goes where it would with its publisher believed."""
    rng = random.Random(f"bare {seed}")
    seen = set()
    for _ in range(60):
        document, drawn = random_case(rng, 10)
        by = load_table(dump({**document, "trust": "open"}).encode(), ENVIRON).table
        assert by is not None
        for facts in drawn:
            source = {**(facts["message"].get("source") or {}), "platform": facts["platform"]}
            body = json.dumps({**facts["message"], "source": source}).encode()
            stamp = Stamp(facts["now"], 1)
            made = Pipeline(Router(by), Limits())(delivered(body, exchange=""), stamp)
            seen.add(compared(made, explain_message(body, by, Limits(), "", facts["now"])))
    assert {"turn", "denied", "split"} <= seen


def compared(made, outcome):
    """Checks that an explanation fits what was made; returns which sort it was."""
    if isinstance(outcome, DeadLetter):
        assert isinstance(made, DeadLetter)
        assert (outcome.reason, outcome.detail) == (made.reason, made.detail)
        return str(outcome.reason)
    explanation = outcome.explanation
    fitting = [each.rule for each in explanation.tried if each.failure is None]
    if isinstance(made, DeadLetter):
        assert made.reason is DeadReason.DENIED
        assert explanation.decision is None
        assert fitting == [explanation.denial]
        assert outcome.denied == made.detail == f"denied by `{explanation.denial.name}`"
        return "denied"
    job, decision = json.loads(made.publication.body), explanation.decision
    properties, route = made.publication.properties, decision.route
    assert route.model_dump(mode="json") == job["route"]
    assert decision.runtime.model_dump(mode="json") == job["runtime"]
    assert [each.model_dump(mode="json") for each in decision.fallbacks] == job["fallbacks"]
    assert {field.name: field.value for field in explanation.fields} == dict(decision.runtime)
    assert explanation.queue == made.publication.routing_key
    assert explanation.conversation == made.lane
    assert decision.priority == properties.priority
    assert (decision.expires_in is None) == (properties.expiration is None)
    expires_at = job["expires_at"] and datetime.fromisoformat(job["expires_at"])
    assert outcome.expires_at == expires_at
    assert explanation.classification.source_kind == job["source"]["source_kind"]
    assert explanation.facts.get("publisher") == job["source"]["publisher"]
    assert explanation.facts["verified"] == str(job["source"]["verified"]).lower()
    consulted = explanation.consulted and route.index is not None
    assert [rule.index for rule in fitting] == ([route.index] if consulted else [])
    assert (explanation.draw and explanation.draw.chosen.name) == route.variant
    return "split" if explanation.draw else "turn"


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
        "taken to be published to blue.in.telegram by hub-spare, one of its publishers",
        "the table does not name telegram, so nobody declares blue.in.telegram",
    )
    assert outcome.explanation.facts["publisher"] == "hub-spare"
    assert outcome.explanation.facts["verified"] == "true"


@pytest.mark.parametrize("trust", list(Trust))
def test_a_bare_message_must_name_its_platform(trust):
    """A message that neither envelope nor body gives a platform is malformed."""
    outcome = explain_message(HELLO, table(trust=trust), Limits(), "", NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is DeadReason.MALFORMED
