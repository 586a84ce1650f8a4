import json
from uuid import UUID

import pytest

from contracts import Route, Runtime, TurnJob, TurnSource, short, turn_id
from routing.home_channel import HomeChannel
from tests.routing.tables import rules, table
from tests.worker.pipeline.deliveries import NOW, STAMP, delivery, message, pipeline
from worker.pipeline.turn import Turn


def publication_of(document, of=None, prefix="", **properties):
    exchange = f"{prefix}in.telegram"
    made = pipeline(of, prefix)(delivery(document, exchange=exchange, **properties), STAMP)
    assert isinstance(made, Turn), made
    return made.publication


def job_of(document, of=None, **properties):
    return json.loads(publication_of(document, of, **properties).body)


def test_a_job_states_every_field_of_its_own():
    """Every field of a job, its source, route and runtime is there, null where it is unset."""
    job = job_of(message())
    assert job.keys() == TurnJob.model_fields.keys()
    assert job["source"].keys() == TurnSource.model_fields.keys()
    assert job["route"].keys() == Route.model_fields.keys()
    assert job["runtime"].keys() == Runtime.model_fields.keys()
    assert job["runtime"]["command"] is None


def test_a_job_is_read_back_as_it_was():
    """What we publish is a turn job by our own contract."""
    body = publication_of(message()).body
    job = TurnJob.model_validate_json(body)
    assert job.turn_id == turn_id("telegram", None, job.conversation_id, "m-1")
    assert job.received_at == NOW
    assert job.sequence == STAMP.sequence


def test_the_message_travels_along_with_its_unknown_fields():
    """The job holds the message as it was written, normalised, and no field that it did not have."""
    document = message(mood={"x": [1.5, None]}, source={"chat_id": 42, "odd": "é"})
    travelled = job_of(document)["message"]
    assert travelled == {
        "message_id": "m-1",
        "text": "hello",
        "mood": {"x": [1.5, None]},
        "source": {"platform": "telegram", "chat_id": "42", "odd": "é"},
        "created_at": "2026-01-31T12:00:00.123456Z",
    }


@pytest.mark.parametrize("number", [2**64, -(10**300), 10**4000, 0.1, 1e308, 5e-324])
def test_unknown_numbers_travel_exactly(number):
    """A number that nobody here knows arrives at the runner with its value."""
    assert job_of(message(n=number, metadata={"n": [number]}))["message"]["n"] == number


def test_hops_are_one_more():
    """The job's hops are the message's and one, ready to be sent on."""
    assert job_of(message())["hops"] == 1
    assert job_of(message(hops=4))["hops"] == 5


@pytest.mark.parametrize(("chat_id", "may"), [("42", True), ("43", False)])
def test_only_the_owner_may_control(chat_id, may):
    """Control is allowed to the owner and to nobody else."""
    of = table(home_channels={"telegram": HomeChannel("42")})
    job = job_of(message(source={"chat_id": chat_id, "chat_type": "dm"}), of)
    assert job["allow_control"] is may
    assert job["source"]["source_kind"] == ("owner" if may else "stranger")


def test_the_source_is_what_we_decided():
    """The job's source holds the facts of the sender, the instance and the publisher among them."""
    of = table(publishers={"telegram": ["feeder"]})
    document = message(source={"platform": "telegram:work", "chat_id": 1, "user_id": 9})
    assert job_of(document, of, user_id="feeder")["source"] == {
        "platform": "telegram",
        "instance": "work",
        "source_kind": "stranger",
        "chat_type": None,
        "chat_id": "1",
        "user_id": "9",
        "publisher": "feeder",
        "verified": True,
    }


def test_a_user_id_that_can_be_forged_is_not_handed_on():
    """On a platform where ids can be forged, the job's source states no user id."""
    of = table(spoofable_platforms=["telegram"])
    assert job_of(message(), of)["source"]["user_id"] is None


def test_the_route_says_which_rule_and_why():
    """The job names the rule that chose its model, its place, and the table it stood in."""
    job = job_of(message(), table(rules(({"platform": "x"}, "x"), ({"chat_id": "42"}, "strong"))))
    assert job["runtime"]["model"] == "strong"
    assert job["route"] == {
        "name": "routes[1]",
        "index": 1,
        "table": "0123456789ab",
        "reason": "matched",
        "override_ignored": None,
        "variant": None,
    }


def test_where_to_answer_is_the_bodys_before_amqps():
    """The answer goes where the body says, else where AMQP's `reply_to` says, else nowhere."""
    stated = {"exchange": "e", "routing_key": "k", "correlation_id": "c"}
    amqp = {"reply_to": "queue", "correlation_id": "amqp-c"}
    assert job_of(message(reply_to=stated), **amqp)["reply_to"] == stated
    assert job_of(message(), **amqp)["reply_to"] == {
        "routing_key": "queue",
        "correlation_id": "amqp-c",
    }
    assert job_of(message(), correlation_id="c")["reply_to"] is None


def test_a_job_is_published_to_its_models_queue():
    """The exchange is `turns` and the routing key the model's queue, with the prefix in both."""
    for prefix in ("", "a."):
        publication = publication_of(message(), prefix=prefix)
        assert publication.exchange == f"{prefix}turns"
        assert publication.routing_key == f"{prefix}turns.base-m"


def test_a_long_model_name_is_cut_to_the_queue_that_runners_find():
    """A model whose name fits no queue name goes to the queue under its short name."""
    model = "m" * 300
    publication = publication_of(message(), table(rules(({"platform": "telegram"}, model))))
    assert publication.routing_key == short(f"turns.{model}")
    assert json.loads(publication.body)["runtime"]["model"] == model


def test_the_properties_are_the_contracts():
    """A job's AMQP properties are those of the contract: no priority, no expiration, no id."""
    publication = publication_of(message(), priority=9, expiration="5", message_id="a", app_id="b")
    job = json.loads(publication.body)
    properties = publication.properties
    assert properties.content_type == "application/json"
    assert properties.type == "turn.v1"
    assert properties.correlation_id == job["conversation_id"]
    unset = ("priority", "expiration", "message_id", "reply_to", "user_id", "app_id", "timestamp")
    assert [getattr(properties, name) for name in unset] == [None] * len(unset)
    assert properties.headers == {
        "x-turn-id": job["turn_id"],
        "x-attempt": 1,
        "x-platform": "telegram",
        "x-source-kind": "stranger",
        "x-route": "base",
    }


def test_a_long_conversation_fits_its_property():
    """A conversation too long for a property is there under its short name, whole in the body."""
    publication = publication_of(message(conversation_id="語" * 250))
    conversation = json.loads(publication.body)["conversation_id"]
    assert len(conversation) > 250
    assert publication.properties.correlation_id == short(conversation)


def test_a_trace_goes_on():
    """A trace context of ordinary size is handed on; other headers and odd ones are not."""
    headers = {"traceparent": "00-a-b-01", "tracestate": "v=1", "CC": ["x"], "other": 1}
    handed_on = publication_of(message(), headers=headers).properties.headers
    assert handed_on["traceparent"] == "00-a-b-01"
    assert handed_on["tracestate"] == "v=1"
    assert not {"CC", "other"} & handed_on.keys()
    for odd in (b"\xff", 7, ["a"], "x" * 513, "00-a\r\nx-other: 1", "00-é"):
        headers = publication_of(message(), headers={"traceparent": odd}).properties.headers
        assert "traceparent" not in headers


def test_the_same_message_is_the_same_turn():
    """A message delivered again, from another exchange key or at another time, is the same turn."""
    one = job_of(message(), message_id="a", timestamp=1)
    other = job_of(message(text="edited"), message_id="b", timestamp=2)
    assert UUID(one["turn_id"]) == UUID(other["turn_id"])
    assert job_of(message(message_id="m-2"))["turn_id"] != one["turn_id"]
