from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from contracts import DeadReason, Source
from routing.rejection import Rejection
from routing.trust import Trust
from tests.routing.tables import table
from tests.worker.pipeline.deliveries import NOW, delivery, message
from worker.pipeline.decode import Decoded, decode, judge

OPEN = table(trust=Trust.OPEN)


def decoded(document, given=None, of=None) -> Decoded:
    of = of or table()
    given = given or delivery(document)
    return decode(document, given, judge(given, of, ""), of, NOW)


def refusal_of(document, given=None, of=None) -> Rejection:
    with pytest.raises(Rejection) as caught:
        decoded(document, given, of)
    return caught.value


def source_of(found: Decoded) -> Source:
    assert found.message.source
    return found.message.source


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


def test_the_bodys_message_id_comes_first():
    """The id that the body states wins over the source's and over AMQP's."""
    document = message(source={"message_id": "in-source"})
    found = decoded(document, delivery(document, message_id="amqp"))
    assert found.message_id == found.message.message_id == "m-1"
    assert not found.message_id_derived


def test_then_the_sources_then_amqps():
    """Without an id of its own a message takes its source's, then the AMQP message id."""
    document = without(message(source={"message_id": "in-source"}), "message_id")
    assert decoded(document, delivery(document, message_id="amqp")).message_id == "in-source"
    document = without(message(), "message_id")
    found = decoded(document, delivery(document, message_id="amqp"))
    assert found.message_id == found.message.message_id == "amqp"
    assert not found.message_id_derived


@pytest.mark.parametrize("source_id", [None, ""])
@pytest.mark.parametrize("amqp_id", [None, ""])
def test_without_any_id_one_is_derived(source_id, amqp_id):
    """Without any id, the digest of body, routing key and AMQP timestamp is the id, and says so."""
    document = without(message(source={"message_id": source_id}), "message_id")
    given = delivery(document, routing_key="k", message_id=amqp_id, timestamp=1_700_000_000)
    found = decoded(document, given)
    assert found.message_id == sha256(given.body + b"\nk\n1700000000").hexdigest()
    assert found.message_id_derived


def test_a_derived_id_depends_on_all_three():
    """Another body, routing key or time makes another id; the same three make the same."""
    one = without(message(), "message_id")
    other = {**one, "text": "other"}

    def id_of(document, **properties):
        return decoded(document, delivery(document, **properties)).message_id

    assert id_of(one, timestamp=1) == id_of(one, timestamp=1)
    ids = {
        id_of(one),
        id_of(one, timestamp=1),
        id_of(one, timestamp=2),
        id_of(one, routing_key="other"),
        id_of(other),
    }
    assert len(ids) == 5


def test_the_platform_is_the_exchanges():
    """A message that names no platform takes that of its exchange, also in the message itself."""
    found = decoded(message())
    assert str(found.platform) == source_of(found).platform == "telegram"


def test_a_message_without_a_source_gets_one():
    """A message that says nothing of its source still has the platform in it."""
    found = decoded({"text": "x"})
    assert source_of(found).platform == "telegram"


@pytest.mark.parametrize("stated", ["discord", "hub", "telegram2", "tele:gram"])
def test_another_platform_than_the_exchanges_is_a_mismatch(stated):
    """A body that names another platform than its exchange is dead."""
    assert refusal_of(message(source={"platform": stated})).reason is DeadReason.PLATFORM_MISMATCH


@pytest.mark.parametrize("stated", ["telegram", " TELEGRAM ", "telegram:work", "telegram/work"])
def test_case_space_and_instance_do_not_make_another_platform(stated):
    """The same platform, written otherwise or with an instance, is no mismatch."""
    assert decoded(message(source={"platform": stated})).platform.platform == "telegram"


@pytest.mark.parametrize("exchange", ["", "amq.topic", "in.", "in.Ünknown", "outlet", "in.open"])
def test_other_exchanges_are_untrusted(exchange):
    """What came over an exchange that is no platform's is dead."""
    rejection = refusal_of(message(), delivery(message(), exchange=exchange))
    assert rejection.reason is DeadReason.UNTRUSTED_ORIGIN


def test_with_open_trust_the_message_names_its_platform():
    """Where trust is open a message may name any platform, and over `in.open` it must."""
    named = message(source={"platform": "discord"})
    for exchange in ("in.open", "", "in.telegram"):
        found = decoded(named, delivery(named, exchange=exchange), OPEN)
        assert found.platform.platform == "discord"
    rejection = refusal_of(message(), delivery(message(), exchange="in.open"), OPEN)
    assert rejection.reason is DeadReason.MALFORMED


@pytest.mark.parametrize(
    ("user_id", "reason"),
    [
        (None, DeadReason.UNTRUSTED_PUBLISHER),
        ("", DeadReason.UNTRUSTED_PUBLISHER),
        ("other", DeadReason.UNTRUSTED_PUBLISHER),
    ],
)
def test_a_platform_with_publishers_wants_one_of_them(user_id, reason):
    """Where a platform lists its publishers, nobody else's message becomes a turn."""
    of = table(publishers={"telegram": ["feeder"]})
    assert refusal_of(message(), delivery(message(), user_id=user_id), of).reason is reason


def test_only_a_listed_publisher_is_verified():
    """A listed publisher is verified; where none are listed a user id verifies nothing."""
    of = table(publishers={"telegram": ["feeder"]})
    given = delivery(message(), user_id="feeder")
    assert decoded(message(), given, of).origin.verified
    unlisted = decoded(message(), given).origin
    assert unlisted.publisher == "feeder"
    assert not unlisted.verified


def test_an_expired_message_is_dead():
    """A message whose time is over, or over this very moment, does not become a turn."""
    soon = (NOW + timedelta(milliseconds=1)).isoformat()
    assert decoded(message(expires_at=soon)).message.expires_at is not None
    for moment in (NOW, NOW - timedelta(seconds=1)):
        rejection = refusal_of(message(expires_at=moment.isoformat()))
        assert rejection.reason is DeadReason.EXPIRED


@pytest.mark.parametrize("wrong", ["tomorrow", "2026-01-31", "2026-01-31T12:00:00", 1, {}, ""])
def test_an_unreadable_expiry_is_malformed(wrong):
    """A message that may be meant to expire, who knows when, is malformed."""
    assert refusal_of(message(expires_at=wrong)).reason is DeadReason.MALFORMED


@pytest.mark.parametrize("field", ["created_at", "timestamp"])
def test_the_creation_time_is_the_messages(field):
    """A readable creation time stays, under either of its names."""
    stated = "2026-01-30T08:00:00+01:00"
    created_at = decoded(message(**{field: stated})).message.created_at
    assert created_at == datetime.fromisoformat(stated)


@pytest.mark.parametrize("unreadable", [None, "", "yesterday", 7, [], "2026-13-01T00:00:00Z"])
def test_an_unreadable_creation_time_is_the_moment_of_receipt(unreadable):
    """Without a readable creation time a message was created when it was received."""
    assert decoded(message(created_at=unreadable)).message.created_at == NOW


def test_a_hub_frame_takes_the_hub_platform_of_its_exchange():
    """A hub frame over a hub platform's exchange is that platform's, over another a mismatch."""
    frame = {"type": "message", "data": {"messageId": "a", "from": "brain", "text": "hi"}}
    of = table(hub_platforms=["hub", "mesh"])
    for name in ("hub", "mesh"):
        found = decoded(frame, delivery(frame, exchange=f"in.{name}"), of)
        assert found.platform.platform == name
        assert source_of(found).chat_id == "hub:brain"
    assert refusal_of(frame, of=of).reason is DeadReason.PLATFORM_MISMATCH
