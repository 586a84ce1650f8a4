import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import SIGNATURE_HEADER, DeadReason, sign
from routing.decide import Router
from routing.home_channel import HomeChannel
from routing.trust import Trust
from tests.routing.tables import table
from tests.worker.pipeline.deliveries import NOW, STAMP, delivery, message
from worker.pipeline.build_job import Stamp
from worker.pipeline.judge_signature import KeyNotHere, as_it_was, judge_by
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter, Turn

KEYS = {"env:K1": b"1" * 32, "env:K2": b"2" * 32, "env:OTHER": b"3" * 32}
LISTED = {
    "webhook": {"k1": "env:K1", "k2": "env:K2", "gone": "env:GONE"},
    "slack": {"k1": "env:OTHER"},
}
TS = int(NOW.timestamp())
BODY = json.dumps(message()).encode()
HOMES = {"webhook": HomeChannel("42")}


def keys(reference):
    try:
        return KEYS[reference]
    except KeyError:
        raise KeyNotHere(reference, "nowhere") from None


def by(**fields):
    of = table(signing_keys=LISTED, home_channels=HOMES, **fields)
    return Pipeline(Router(of), Limits(max_body=10_000), "", judge_by(keys))


CLOSED, OPEN = by(), by(trust=Trust.OPEN)


def signed(body=BODY, *, reference="env:K1", kid="k1", message_id="a-1", ts=TS, **changed):
    header = sign(KEYS[reference], kid, message_id, body, ts)
    told = {"exchange": "in.webhook", "message_id": message_id, **changed}
    return delivery(body, **{"headers": {SIGNATURE_HEADER: header}, **told})


def made(given_, pipeline=CLOSED, stamp=STAMP):
    return pipeline(given_, stamp)


def job(given_, pipeline=CLOSED):
    turn = made(given_, pipeline)
    assert isinstance(turn, Turn), turn
    return json.loads(turn.publication.body)


def refused(given_, pipeline=CLOSED):
    letter = made(given_, pipeline)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.BAD_SIGNATURE, letter
    assert letter.publication.body == given_.body
    sig = str(given_.properties.headers.get(SIGNATURE_HEADER)).rpartition("sig=")[2]
    assert len(sig) < 40 or sig not in letter.detail
    assert not any(key.decode() in repr(letter) for key in KEYS.values())
    return letter.detail


@pytest.mark.parametrize("pipeline", [CLOSED, OPEN])
@pytest.mark.parametrize(("reference", "kid"), [("env:K1", "k1"), ("env:K2", "k2")])
def test_a_signed_message_is_verified(pipeline, reference, kid):
    """A message that any of its platform's keys signed is a turn, verified, and its ids are believed."""
    source = job(signed(reference=reference, kid=kid), pipeline)["source"]
    assert source["verified"] is True
    assert source["source_kind"] == "owner"
    assert source["user_id"] == "9"
    assert source["publisher"] is None


def test_where_no_keys_are_listed_a_signature_means_nothing():
    """On another platform the header is ignored, whatever is in it, and nothing is verified."""
    for header in ("nonsense", sign(b"k", "k9", "a-1", BODY, 0), 7, None):
        given_ = delivery(BODY, headers={SIGNATURE_HEADER: header}, message_id="a-1")
        assert job(given_)["source"]["verified"] is False


def test_a_spoofable_platform_without_keys_stays_one():
    """There nobody is the owner, with a header or without."""
    of = table(home_channels={"api_server": HomeChannel("42")})
    pipeline = Pipeline(Router(of), Limits(), "", judge_by(keys))
    source = job(signed(exchange="in.api_server"), pipeline)["source"]
    assert (source["source_kind"], source["user_id"]) == ("stranger", None)


@pytest.mark.parametrize("pipeline", [CLOSED, OPEN])
@pytest.mark.parametrize(
    ("given_", "says"),
    [
        (signed(headers={}), "webhook lists signing keys, and there is no x-signature header"),
        (signed(headers={"X-Signature": "v1"}), "there is no x-signature header"),
        (signed(headers={SIGNATURE_HEADER: b"v1"}), "not text"),
        (signed(headers={SIGNATURE_HEADER: "v2;kid=k1;ts=1;sig=x"}), "version"),
        (signed(kid="k9"), "webhook lists no signing key k9"),
        (signed(reference="env:OTHER"), "does not fit"),
        (signed(kid="k2"), "does not fit"),
        (signed(ts=TS - 301), "302 s ago"),
        (signed(ts=TS + 302), "302 s ahead"),
        (signed(exchange="in.slack"), "does not fit"),
    ],
)
def test_what_is_not_signed_as_it_ought_to_be_is_dead(given_, says, pipeline):
    """Without a good signature there is no turn, and the detail says what is wrong with it."""
    assert says in refused(given_, pipeline)


@pytest.mark.parametrize("message_id", [None, "", "a-2"])
def test_the_amqp_message_id_is_signed(message_id):
    """Without the message id that was signed, the signature does not hold."""
    given_ = signed()
    header = given_.properties.headers
    assert refused(delivery(BODY, exchange="in.webhook", headers=header, message_id=message_id))


@given(st.data())
def test_one_bit_of_the_body_is_enough(data):
    """Whichever bit of the body is another, the message is dead, however well it can be read."""
    at, bit = data.draw(st.integers(0, len(BODY) - 1)), data.draw(st.integers(0, 7))
    body = BODY[:at] + bytes([BODY[at] ^ (1 << bit)]) + BODY[at + 1 :]
    headers = signed().properties.headers
    given_ = delivery(body, exchange="in.webhook", headers=headers, message_id="a-1")
    assert "does not fit" in refused(given_)


def test_a_key_that_is_not_here_is_named():
    """A signature by a key that this machine does not have is not good, and the reference is told."""
    given_ = signed()
    headers = {SIGNATURE_HEADER: sign(b"x", "gone", "a-1", BODY, TS)}
    given_ = delivery(BODY, exchange="in.webhook", headers=headers, message_id="a-1")
    assert refused(given_) == "the key env:GONE is not here (nowhere)"
    bare = Pipeline(Router(table(signing_keys=LISTED)), Limits())
    assert refused(signed(), bare) == "the key env:K1 is not here"


def test_the_body_of_another_platform_is_a_mismatch_all_the_same():
    """A signature does not let a message name another platform."""
    body = json.dumps({"text": "x", "source": {"platform": "telegram"}}).encode()
    letter = made(signed(body))
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.PLATFORM_MISMATCH


def test_under_open_trust_the_platform_that_is_named_is_signed_for():
    """A message that names its platform is judged by that platform's keys."""
    body = json.dumps({"text": "x", "source": {"platform": "webhook"}}).encode()
    assert job(signed(body, exchange="in.open"), OPEN)["source"]["verified"] is True
    given_ = signed(body, exchange="in.open", reference="env:OTHER")
    assert "does not fit" in refused(given_, OPEN)
    assert "no x-signature" in refused(delivery(body, exchange=""), OPEN)


def test_nothing_is_parsed_before_the_signature_holds():
    """A body that cannot be read, of a message that nobody signed, is dead for its signature."""
    assert refused(delivery(b"{", exchange="in.webhook"))


def test_no_key_in_an_unsigned_message_is_kept():
    """The letter of a message without a good signature is kept without the keys in it."""
    body = json.dumps(message(api_key="canary-in-the-body")).encode()
    letter = made(delivery(body, exchange="in.webhook"))
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.BAD_SIGNATURE
    assert "canary" not in repr(letter)


def test_what_is_too_large_is_not_even_looked_through():
    """A body over the limit is dead for its size, with a signature or without."""
    for given_ in (signed(b" " * 10_001), delivery(b" " * 10_001, exchange="in.webhook")):
        letter = made(given_)
        assert isinstance(letter, DeadLetter)
        assert letter.reason is DeadReason.TOO_LARGE


@pytest.mark.parametrize("fields", [{}, {"message_id": None}])
def test_a_message_played_again_is_the_same_turn(fields):
    """A replay has the turn id of the message, which is never one without an id of its own."""
    body = json.dumps(message(**fields)).encode()
    first = made(signed(body))
    later = Stamp(NOW + timedelta(seconds=299), 2)
    again = made(signed(body, routing_key="elsewhere"), stamp=later)
    assert isinstance(first, Turn)
    assert isinstance(again, Turn)
    assert first.repeatable
    assert again.repeatable
    assert first.turn_id == again.turn_id


def test_what_was_written_down_is_as_good_as_it_was():
    """For a recorded message it is enough that it names a key that the platform lists."""
    of = table(signing_keys=LISTED)
    recorded = Pipeline(Router(of), Limits(), "", as_it_was)
    headers = signed(ts=0).properties.headers
    given_ = delivery(message(text="xxxxx"), exchange="in.webhook", headers=headers)
    assert job(given_, recorded)["source"]["verified"] is True
    assert refused(delivery(message(), exchange="in.webhook"), recorded)
    assert refused(signed(kid="k9"), recorded)


def test_an_address_that_is_not_signed_is_not_heard():
    """AMQP's `reply_to` is not signed, so a signed message is answered only where its body says."""
    stated = message(reply_to={"routing_key": "mine"})
    assert job(signed(reply_to="another's"))["reply_to"] is None
    assert job(signed(json.dumps(stated).encode(), reply_to="another's"))["reply_to"] == {
        "routing_key": "mine"
    }
