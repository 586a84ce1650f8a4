import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import DeadReason, InboundMessage, SourceKind, TurnJob
from routing.decide import Router
from routing.limit import PAIR_OF_PEERS
from routing.trust import Trust
from tests.routing.tables import rules, table
from tests.worker.pipeline.deliveries import NOW, STAMP, delivery, message, pipeline
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter, Turn

CANARY = "canary-0123456789"

texts = st.text(max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
FIELDS = (*InboundMessage.model_fields, "type", "data", "timestamp")
almost_messages = st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5).map(
    lambda document: json.dumps({"text": "x", **document}).encode("utf-8", "surrogatepass")
)
header_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.binary(max_size=9)
    | st.decimals()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
properties = st.builds(
    Properties,
    content_type=st.none() | texts,
    headers=st.dictionaries(texts | st.just("x-dead-reason"), header_values, max_size=4),
    priority=st.none() | st.integers(0, 255),
    reply_to=st.none() | texts,
    expiration=st.none() | texts,
    message_id=st.none() | texts,
    timestamp=st.none() | st.integers(0, 2**64 - 1),
    user_id=st.none() | texts,
)
deliveries = st.builds(
    Delivery,
    tag=st.integers(1, 2**63),
    body=st.binary() | almost_messages,
    exchange=st.sampled_from(["in.telegram", "in.hub", "in.open", "", "in.", "other"]) | texts,
    routing_key=texts,
    properties=properties,
    redelivered=st.booleans(),
)


def dead(given_, of=None, **limits) -> DeadLetter:
    made = pipeline(of, **limits)(given_, STAMP)
    assert isinstance(made, DeadLetter), made
    return made


def turn(given_, of=None, **limits) -> Turn:
    made = pipeline(of, **limits)(given_, STAMP)
    assert isinstance(made, Turn), made
    return made


@given(anything=deliveries, trust=st.sampled_from(Trust))
def test_anything_in_is_one_outcome_out(anything, trust):
    """Whatever is delivered, it becomes one turn job by contract or one letter by known reason."""
    made = pipeline(table(trust=trust))(anything, STAMP)
    if isinstance(made, Turn):
        assert TurnJob.model_validate_json(made.publication.body).turn_id == made.turn_id
    else:
        assert made.reason is not DeadReason.INTERNAL_ERROR, made.error
        assert made.publication.properties.headers["x-dead-reason"] == made.reason.value
        if not made.known.redacted:
            assert made.publication.body == anything.body


@given(anything=deliveries)
def test_the_same_in_is_the_same_out(anything):
    """Two deliveries of the same thing come to the same end, since nothing is remembered."""
    one = pipeline()
    first, second = one(anything, STAMP), one(anything, STAMP)
    assert repr(first.publication) == repr(second.publication)


def test_a_body_larger_than_the_limit_is_dead_unread():
    """One byte over the limit is too large, whatever it holds, and the limit itself is not."""
    body = json.dumps(message()).encode()
    assert turn(delivery(body), max_body=len(body))
    letter = dead(delivery(body), max_body=len(body) - 1)
    assert letter.reason is DeadReason.TOO_LARGE
    assert letter.publication.body == body


def test_too_many_hops_are_a_loop():
    """A message that has come through more agents than allowed is dead."""
    assert turn(delivery(message(hops=8)))
    assert dead(delivery(message(hops=9))).reason is DeadReason.LOOP
    assert dead(delivery(message(hops=1)), max_hops=0).reason is DeadReason.LOOP


def test_an_agents_own_echo_is_a_loop():
    """A message that an agent would get from itself is dead, whatever its hops are."""
    letter = dead(delivery(message(agent_id="9")))
    assert (letter.reason, letter.detail) == (
        DeadReason.LOOP,
        "an echo: the sender is the agent addressed",
    )
    assert turn(delivery(message(agent_id="8")))
    frame = {"type": "message", "data": {"from": "slate", "text": "hello"}, "agent_id": "slate"}
    assert dead(delivery(frame, exchange="in.hub")).reason is DeadReason.LOOP


def test_a_turn_carries_what_it_costs():
    """A hub peer's turn counts against the pair, by default; a stranger's against nothing."""
    made = turn(delivery(message(agent_id="slate"), exchange="in.hub"))
    assert [(each.limit, each.key) for each in made.charges] == [
        (PAIR_OF_PEERS, ("hub", "9", "slate"))
    ]
    assert turn(delivery(message(agent_id="slate"))).charges == ()


def test_a_turn_over_a_limit_is_buried_as_such():
    """A dead letter of a turn has the reason and the detail that it is buried with."""
    given_ = delivery(message())
    letter = pipeline().bury(given_, turn(given_), DeadReason.RATE_LIMITED, "10/min", NOW)
    assert letter.publication.properties.headers["x-dead-reason"] == "rate_limited"
    assert letter.publication.properties.headers["x-dead-detail"] == "10/min"
    assert letter.publication.body == given_.body


def test_a_letter_tells_what_was_known_when_it_ended():
    """The later a delivery's way ends, the more its letter tells of it."""
    unread = dead(delivery(b"{")).publication.properties.headers
    assert unread["x-dead-platform"] == "telegram"
    assert "x-dead-source-kind" not in unread
    untrusted = dead(delivery(b"{", exchange="x")).publication.properties.headers
    assert "x-dead-platform" not in untrusted
    assert untrusted["x-dead-table"] == table().digest


def test_a_turn_knows_its_lane_and_its_repeats():
    """A turn's lane is its conversation, and it counts as a repeat only under a stated id."""
    made = turn(delivery(message()))
    job = json.loads(made.publication.body)
    assert made.lane == job["conversation_id"] == made.known.conversation_id
    assert made.repeatable
    bare = {"text": "yes", "source": {"chat_id": "42"}}
    assert not turn(delivery(bare)).repeatable


@pytest.mark.parametrize(
    "planted",
    [
        {"api_key": CANARY},
        {"token": {"a": CANARY}},
        {"override": {"model": "x", "API_KEY": CANARY}},
        {"metadata": {"deep": [{"Password": CANARY}]}},
    ],
)
class TestKeysInAMessage:
    def test_no_key_reaches_the_job(self, planted):
        """A key that somebody wrote into a message is not in its job, which is made all the same."""
        made = turn(delivery(message(**planted)))
        assert CANARY not in repr(made)
        assert made.known.redacted == 1

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            ({"text": 7}, DeadReason.MALFORMED),
            ({"version": "2"}, DeadReason.UNSUPPORTED_VERSION),
            ({"hops": 99}, DeadReason.LOOP),
            ({"expires_at": "2020-01-01T00:00:00Z"}, DeadReason.EXPIRED),
            ({"source": {"platform": "hub"}}, DeadReason.PLATFORM_MISMATCH),
        ],
    )
    def test_no_key_reaches_a_dead_letter(self, planted, wrong, reason):
        """Whatever a message dies of, its letter is kept without the key and says so."""
        letter = dead(delivery(message(**planted, **wrong)))
        assert letter.reason is reason
        assert CANARY not in repr(letter)
        assert letter.publication.properties.headers["x-dead-redacted"] == 1
        assert json.loads(letter.publication.body)["message_id"] == "m-1"

    @pytest.mark.parametrize(
        ("exchange", "publishers", "reason"),
        [
            ("elsewhere", {}, DeadReason.UNTRUSTED_ORIGIN),
            ("in.telegram", {"telegram": ["feeder"]}, DeadReason.UNTRUSTED_PUBLISHER),
        ],
    )
    def test_no_key_of_the_untrusted_is_kept_either(self, planted, exchange, publishers, reason):
        """The letter of a message that nobody vouches for is kept without the key as well."""
        of = table(publishers=publishers)
        letter = dead(delivery(message(**planted), exchange=exchange), of)
        assert letter.reason is reason
        assert CANARY not in repr(letter)

    def test_no_key_is_in_the_letter_of_an_undeliverable_turn(self, planted):
        """A turn that its queue would not take is buried without the key, reason and all."""
        given_ = delivery(message(**planted))
        buried = pipeline().bury(
            given_, turn(given_), DeadReason.UNDELIVERABLE, "turns.x: full", NOW
        )
        assert buried.reason is DeadReason.UNDELIVERABLE
        assert CANARY not in repr(buried)
        assert buried.publication.properties.headers["x-dead-redacted"] == 1


def test_an_untrusted_body_that_does_not_parse_is_kept_as_it_is():
    """What cannot be read cannot be redacted, and its reason stays that of its origin."""
    letter = dead(delivery(b"\xff", exchange="elsewhere"))
    assert letter.reason is DeadReason.UNTRUSTED_ORIGIN
    assert letter.publication.body == b"\xff"


def test_an_undeliverable_turn_is_buried_as_it_was_delivered():
    """The letter of an undeliverable turn is the original body, with all that routing knew."""
    given_ = delivery(b'  {"text": "caf\\u00e9", "source": {"chat_id": 1}}', user_id="feeder")
    letter = pipeline().bury(
        given_, turn(given_), DeadReason.UNDELIVERABLE, "turns.base-m: full, 3 attempts", NOW
    )
    assert letter.publication.body == given_.body
    headers = letter.publication.properties.headers
    assert headers["x-dead-reason"] == "undeliverable"
    assert headers["x-dead-detail"] == "turns.base-m: full, 3 attempts"
    assert headers["x-dead-platform"] == "telegram"
    assert headers["x-dead-source-kind"] == "stranger"
    assert headers["x-dead-user-id"] == "feeder"


class _BrokenRouter(Router):
    def trusted_user_id(self, message, platform, *, signed):
        raise ZeroDivisionError(CANARY)


def test_a_fault_of_ours_is_an_internal_error():
    """If our own code fails, the delivery is dead as `internal_error` and the fault is kept."""
    made = Pipeline(_BrokenRouter(table()), Limits())(delivery(message()), STAMP)
    assert isinstance(made, DeadLetter)
    assert made.reason is DeadReason.INTERNAL_ERROR
    assert isinstance(made.error, ZeroDivisionError)
    assert "ZeroDivisionError" in made.detail
    assert CANARY not in repr(made.publication)
    assert made.known.source_kind is SourceKind.STRANGER


def test_a_body_cannot_raise_its_source_kind():
    """A claim to be the owner is not obeyed, and is noted for the log."""
    made = turn(delivery(message(source_kind="owner")))
    assert made.known.source_kind is SourceKind.STRANGER
    assert made.known.claim_ignored


def test_what_an_override_may_not_set_is_noted():
    """Fields of an override that no message may set are ignored and noted for the log."""
    made = turn(delivery(message(override={"provider": "x", "base_url": "y", "model": "base-m"})))
    assert set(made.known.ignored_fields) == {"provider", "base_url"}


def test_the_prefix_is_in_everything_published():
    """With a prefix, exchanges in and out carry it, and one without it is nobody's."""
    of = table(rules(({"platform": "telegram"}, "strong")))
    prefixed = pipeline(of, "a.")
    made = prefixed(replace(delivery(message()), exchange="a.in.telegram"), STAMP)
    assert made.publication.exchange == "a.turns"
    made = prefixed(delivery(message()), STAMP)
    assert isinstance(made, DeadLetter)
    assert made.publication.exchange == "a.dead"


DATA = {"messageId": "m", "from": "brain", "text": "hi"}
FRAME = {"type": "message", "data": DATA}
KEYS = {"api_key": CANARY, "override": {"token": CANARY}, "metadata": {"a": [{"secret": CANARY}]}}


def test_keys_in_a_hub_frame_are_taken_out():
    """What a frame's data holds becomes the message's, and its keys are replaced like those."""
    body = json.dumps({**FRAME, "data": {**DATA, **KEYS}}).encode()
    made = pipeline()(Delivery(1, body, "in.hub", ""), STAMP)
    assert isinstance(made, Turn)
    assert made.known.redacted == 3
    assert CANARY.encode() not in made.publication.body
    dead = pipeline()(Delivery(1, body.replace(b'"hi"', b'""'), "in.hub", ""), STAMP)
    assert isinstance(dead, DeadLetter)
    assert CANARY.encode() not in dead.publication.body
    assert dead.publication.properties.headers["x-dead-redacted"] == 1


@pytest.mark.parametrize("trust", list(Trust))
def test_a_hub_frame_on_another_platforms_exchange_is_a_mismatch(trust):
    """A hub frame comes through a hub platform's exchange, whoever is trusted."""
    body = json.dumps(FRAME).encode()
    made = pipeline(table(trust=trust))(Delivery(1, body, "in.telegram", ""), STAMP)
    assert isinstance(made, DeadLetter)
    assert made.reason is DeadReason.PLATFORM_MISMATCH


def test_a_platform_that_is_no_hub_any_more_sends_no_frames():
    """Where `hub` is not one of the hub platforms, a frame on its exchange is a mismatch."""
    body = json.dumps(FRAME).encode()
    made = pipeline(table(hub_platforms=["mesh"]))(Delivery(1, body, "in.hub", ""), STAMP)
    assert isinstance(made, DeadLetter)
    assert made.reason is DeadReason.PLATFORM_MISMATCH


def test_a_dead_letter_that_cannot_be_made_is_made_without_properties():
    """Even properties that nothing can be made of end in a dead letter, of an internal error."""
    odd = Properties(headers={"half": "\ud800"})
    made = pipeline()(Delivery(1, b"[]", "in.telegram", "", odd), STAMP)
    assert isinstance(made, DeadLetter)
    assert made.reason is DeadReason.INTERNAL_ERROR
    assert made.publication.body == b"[]"
    assert made.error is not None


def test_a_publisher_that_is_not_trusted_leaves_the_platform_known():
    """The exchange has said the platform before its publisher is judged."""
    made = pipeline(table(publishers={"telegram": ["hub-telegram"]}))(delivery(message()), STAMP)
    assert isinstance(made, DeadLetter)
    assert made.reason is DeadReason.UNTRUSTED_PUBLISHER
    assert made.publication.properties.headers["x-dead-platform"] == "telegram"
