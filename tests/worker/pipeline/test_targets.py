"""What a rule says of where its turns go, as it stands in the job and its properties."""

import json
from datetime import timedelta

import pytest

from routing.decide import Router
from tests.routing.loading import table
from tests.worker.pipeline.deliveries import NOW, STAMP, delivery, message, pipeline
from worker.pipeline.turn import DeadLetter, Turn

TABLE = """
model:
  default: base
  provider: custom
  api_key: ${HOUSE}
  params: {temperature: 0.2}
  fallbacks: [spare]
  routes:
    - {match: {chat_id: blocked}, deny: true, name: not him}
    - match: {chat_id: vip}
      model: strong
      queue: vip
      priority: 7
      expires_in: 90s
      fallbacks: [{model: weaker}, spare]
    - match: {chat_type: group}
      split: [{weight: 1, model: left}, {weight: 1, name: right, model: other, queue: right}]
runtimes:
  spare: {model: spare-m, params: {x: [1, null]}}
"""


def made(chat_id="c", prefix="", by=TABLE, **fields):
    source = {"chat_id": chat_id, **fields.pop("source", {})}
    sent = delivery(message(source=source, **fields), exchange=f"{prefix}in.telegram")
    return pipeline(table(by), prefix)(sent, STAMP)


def job(outcome):
    assert isinstance(outcome, Turn), outcome
    return json.loads(outcome.publication.body)


def test_a_rule_chooses_queue_priority_and_expiry():
    """A rule's queue, with the deployment's prefix, its priority and its expiry are the message's."""
    publication = made("vip", "p.").publication
    assert publication.exchange == "p.turns"
    assert publication.routing_key == "p.vip"
    assert publication.properties.priority == 7
    assert publication.properties.expiration == "90000"


def test_only_a_rule_sets_priority_and_expiry():
    """A job that no rule says more about has neither, and goes to its model's queue."""
    publication = made().publication
    assert publication.routing_key == "turns.base"
    assert publication.properties.priority is None
    assert publication.properties.expiration is None


@pytest.mark.parametrize(
    ("stated", "seconds"), [(None, 90), ("2026-01-31T12:00:30Z", 30), ("2027-01-01T00:00:00Z", 90)]
)
def test_a_turn_expires_at_the_earlier_of_two_moments(stated, seconds):
    """A job expires when its rule says, or when its message does, whatever comes first."""
    fields = {} if stated is None else {"expires_at": stated}
    outcome = made("vip", **fields)
    expires_at = NOW.replace(microsecond=0) + timedelta(seconds=30)
    if seconds == 90:
        expires_at = NOW + timedelta(seconds=90)
    assert job(outcome)["expires_at"] == expires_at.isoformat().replace("+00:00", "Z")


def test_fallbacks_inherit_from_their_rule_and_named_ones_from_nothing():
    """An inline fallback is laid over its rule's runtime, a named one is taken whole."""
    weaker, spare = job(made("vip"))["fallbacks"]
    assert weaker["model"] == "weaker"
    assert (weaker["provider"], weaker["credential"]) == ("custom", "env:HOUSE")
    assert spare["model"] == "spare-m"
    assert (spare["provider"], spare["credential"]) == (None, None)
    assert spare["params"] == {"x": [1, None]}


def test_a_rule_without_fallbacks_has_those_of_the_base():
    """What a rule does not state is the base's, fallbacks and params too."""
    sent = job(made("any", source={"chat_type": "group"}))
    assert [each["model"] for each in sent["fallbacks"]] == ["spare-m"]
    assert sent["runtime"]["params"] == {"temperature": 0.2}


def test_conversations_are_shared_out_and_stay_where_they_are():
    """Of many conversations each variant gets its part; one conversation always gets the same."""
    chats = [f"chat {number}" for number in range(200)]
    drawn = {chat: made(chat, source={"chat_type": "group"}) for chat in chats}
    variants = {chat: job(outcome)["route"]["variant"] for chat, outcome in drawn.items()}
    assert set(variants.values()) == {"0", "right"}
    assert 60 < sum(variant == "0" for variant in variants.values()) < 140
    for chat, variant in variants.items():
        again = made(chat, source={"chat_type": "group"}, message_id="another", text="x" * 7)
        assert job(again)["route"]["variant"] == variant
        expected = ("turns.left", "left") if variant == "0" else ("right", "other")
        assert (again.publication.routing_key, job(again)["runtime"]["model"]) == expected


@pytest.mark.parametrize(
    "fields",
    [{}, {"purpose": "memory_flush"}, {"override": {"runtime": "spare"}}],
    ids=["turn", "memory flush", "override"],
)
def test_what_is_denied_is_a_dead_letter(fields):
    """Whatever its purpose and whatever it asks for, a denied message is dead `denied`."""
    outcome = made("blocked", **fields)
    assert isinstance(outcome, DeadLetter)
    assert (outcome.reason, outcome.detail) == ("denied", "denied by `not him`")


def test_a_table_that_denies_fails_closed(monkeypatch):
    """If deciding goes wrong, a table with a deny rule makes a dead letter, another one a turn."""

    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(Router, "_grant", broken)
    outcome = made()
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason == "internal_error"
    assert isinstance(outcome.error, RuntimeError)
    open_table = TABLE.replace("deny: true, ", "enabled: false, ")
    assert job(made(by=open_table))["route"]["reason"] == "error"


def test_a_model_that_was_asked_for_goes_to_its_own_queue():
    """A rule's queue is for what the rule chose; an override's model goes where its runners are."""
    asking = {"source": {"chat_type": "dm"}, "override": {"model": "strong"}}
    outcome = made("vip", by=f"{TABLE}models: [strong]\n", **asking)
    assert job(outcome)["route"]["reason"] == "override"
    assert outcome.publication.routing_key == "turns.strong"
