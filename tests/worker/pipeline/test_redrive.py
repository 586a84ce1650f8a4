"""What becomes of a dead letter that operators publish once more."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts import DeadReason, PlatformName, SourceKind
from routing.table import RoutingTable
from routing.trust import Trust
from tests.routing import loading
from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.pipeline.delivery import Delivery
from worker.pipeline.redrive import Redrive
from worker.pipeline.turn import DeadLetter, Turn

TELEGRAM = Redrive(PlatformName("telegram"), SourceKind.STRANGER, 2, "in.telegram")
HOME = {"platforms": {"telegram": {"home_channel": "42"}}}


def table(**said: Any) -> RoutingTable:
    """The table of a file that says this besides the base model."""
    made: RoutingTable = loading.table({"model": "m", **said})
    return made


def redriven(body: Any, redrive: Redrive = TELEGRAM, **properties: Any) -> Delivery:
    """A delivery as the tool publishes it; AMQP's own id is the tool's."""
    headers = {**properties.pop("headers", {}), **redrive.headers()}
    return delivery(body, exchange="in.redrive", message_id="fresh", headers=headers, **properties)


def turn_of(given: Delivery, of: RoutingTable | None = None) -> Turn:
    made = pipeline(of)(given, STAMP)
    assert isinstance(made, Turn), made
    return made


def job_of(given: Delivery, of: RoutingTable | None = None) -> dict[str, Any]:
    job: dict[str, Any] = json.loads(turn_of(given, of).publication.body)
    return job


def letter_of(given: Delivery, of: RoutingTable | None = None) -> DeadLetter:
    made = pipeline(of)(given, STAMP)
    assert isinstance(made, DeadLetter), made
    return made


def test_what_it_says_is_read_as_it_was_written():
    """Headers that say everything of a letter, or next to nothing, are read back as they were."""
    whole = Redrive(
        PlatformName("hub", "slate"),
        SourceKind.HUB_PEER,
        7,
        "in.hub",
        signed=True,
        message_id="m",
        derived_id="d",
        user_id="u",
        timestamp=253_402_300_800,
        fingerprint="f",
        unchanged=2,
    )
    for each in (whole, replace(TELEGRAM, source_kind=None)):
        assert Redrive.read(each.headers()) == each


def test_the_same_message_gives_the_same_turn():
    """A redriven message has the turn id, the conversation and the source that it would have had."""
    first = job_of(delivery(message()))
    again = job_of(redriven(message()))
    same = ("turn_id", "conversation_id", "source", "message", "runtime", "message_id_derived")
    assert [again[name] for name in same] == [first[name] for name in same]
    assert (first["attempt"], again["attempt"]) == (1, 2)


@pytest.mark.parametrize("amqp", [{}, {"message_id": "m"}, {"timestamp": 1_700_000_000}])
def test_ids_that_the_body_does_not_state_are_the_same(amqp):
    """AMQP's own message id and time count as they came first, not as the redrive has them."""
    body = {"text": "hello", "source": {"chat_id": "42"}}
    first = job_of(delivery(body, **amqp))
    again = job_of(redriven(body, replace(TELEGRAM, **amqp)))
    for name in ("turn_id", "message_id_derived"):
        assert again[name] == first[name]


def test_a_derived_id_outlives_a_changed_body():
    """An id that was derived is kept and still counts as derived, whatever the body says by now."""
    given = redriven(message(message_id="derived"), replace(TELEGRAM, derived_id="derived"))
    made = turn_of(given)
    job = json.loads(made.publication.body)
    assert job["message"]["message_id"] == "derived"
    assert job["message_id_derived"] is True
    assert not made.repeatable


@pytest.mark.parametrize(
    ("was", "kind"),
    [
        (SourceKind.OWNER, "owner"),
        (SourceKind.STRANGER, "stranger"),
        (SourceKind.HUB_PEER, "stranger"),
        (None, "stranger"),
    ],
)
def test_nobody_becomes_more_than_he_was(was, kind):
    """What would be the owner's today is the owner's if it was before, and else a stranger's."""
    given = redriven(message(), replace(TELEGRAM, source_kind=was))
    job = job_of(given, table(**HOME))
    assert (job["source"]["source_kind"], job["allow_control"]) == (kind, kind == "owner")


def test_nobody_is_more_than_the_table_makes_of_him():
    """The owner of a table of then is a stranger where today's says nothing of him."""
    given = redriven(message(), replace(TELEGRAM, source_kind=SourceKind.OWNER))
    assert job_of(given)["source"]["source_kind"] == "stranger"


def test_nothing_is_verified_twice():
    """Publishers are not judged again, and the message is not verified, but its publisher is known."""
    listed = table(platforms={"telegram": {"publishers": ["bot"]}})
    source = job_of(redriven(message(), replace(TELEGRAM, user_id="gone")), listed)["source"]
    assert (source["verified"], source["publisher"]) == (False, "gone")


SIGNED = {"platforms": {"webhook": {"home_channel": "42", "signing_keys": {"k1": "env:KEY"}}}}
WEBHOOK = Redrive(PlatformName("webhook"), SourceKind.OWNER, 2, "in.webhook", signed=True)


def test_a_message_that_was_signed_stays_the_owners():
    """A signature is not judged again: what was the owner's for it is so still, ids included."""
    source = job_of(redriven(message(), WEBHOOK), table(**SIGNED))["source"]
    assert (source["source_kind"], source["user_id"]) == ("owner", "9")


@pytest.mark.parametrize(
    ("redrive", "said"),
    [
        (replace(WEBHOOK, signed=False), SIGNED),
        (replace(WEBHOOK, source_kind=SourceKind.STRANGER, signed=False), SIGNED),
        (WEBHOOK, {"platforms": {"webhook": {"home_channel": "42"}}}),
    ],
)
def test_ids_that_nobody_signed_stay_forgeable(redrive, said):
    """Unsigned, or where keys are no longer listed, a spoofable platform has no owner and no ids."""
    source = job_of(redriven(message(), redrive), table(**said))["source"]
    assert (source["source_kind"], source["user_id"]) == ("stranger", None)


@pytest.mark.parametrize("trust", Trust)
def test_the_platform_is_what_it_was(trust):
    """The platform is the letter's, under either trust; a body may add the instance."""
    hub = Redrive(PlatformName("hub"), SourceKind.HUB_PEER, 2, "in.hub")
    body = message(source={"platform": "hub:slate", "chat_id": "1"})
    source = job_of(redriven(body, hub), table(trust=trust))["source"]
    assert (source["platform"], source["instance"]) == ("hub", "slate")
    exact = replace(hub, platform=PlatformName("hub", "coal"))
    source = job_of(redriven(body, exact), table(trust=trust))["source"]
    assert (source["platform"], source["instance"]) == ("hub", "coal")


@pytest.mark.parametrize("trust", Trust)
def test_a_mismatch_stays_one(trust):
    """A body that names another platform than the letter's is a mismatch under either trust."""
    body = message(source={"platform": "cli", "chat_id": "1"})
    made = letter_of(redriven(body), table(trust=trust))
    assert made.reason is DeadReason.PLATFORM_MISMATCH


@pytest.mark.parametrize("trust", Trust)
@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({}, "x-redrive-platform is missing"),
        ({"x-redrive-platform": "ｃｌｉ"}, "x-redrive-platform is none"),
        ({"x-redrive-platform": 7}, "x-redrive-platform is not text"),
        ({"x-redrive-platform": "redrive"}, "no platform can have"),
        ({"x-redrive-attempt": None}, "x-redrive-attempt"),
        ({"x-redrive-attempt": 1}, "x-redrive-attempt"),
        ({"x-redrive-attempt": True}, "x-redrive-attempt"),
        ({"x-redrive-attempt": "2"}, "x-redrive-attempt"),
        ({"x-redrive-attempt": 2**40}, "x-redrive-attempt"),
        ({"x-redrive-unchanged": -1}, "x-redrive-unchanged"),
        ({"x-redrive-timestamp": "now"}, "x-redrive-timestamp"),
        ({"x-redrive-message-id": ["m"]}, "x-redrive-message-id is not text"),
    ],
)
def test_what_does_not_say_what_it_was_is_malformed(headers, named, trust):
    """What comes from `in.redrive` without all that it takes is dead, and its detail says what."""
    said = {**TELEGRAM.headers(), **headers} if headers else {}
    given = delivery(message(), exchange="in.redrive", headers=said)
    made = letter_of(given, table(trust=trust))
    assert made.reason is DeadReason.MALFORMED
    assert named in made.detail
    assert made.publication.properties.headers["x-dead-exchange"] == "in.redrive"


def test_an_unknown_source_kind_is_nobodys():
    """A source kind that a newer version wrote reads as not known: a stranger's at most."""
    said = {**TELEGRAM.headers(), "x-redrive-source-kind": "emperor"}
    given = delivery(message(), exchange="in.redrive", headers=said)
    assert job_of(given, table(**HOME))["source"]["source_kind"] == "stranger"


def test_on_another_exchange_the_headers_mean_nothing():
    """A feeder's own redrive headers change nothing, and a dead letter does not keep them."""
    headers = replace(WEBHOOK, platform=PlatformName("cli"), fingerprint="f").headers()
    job = job_of(delivery(message(), headers=headers), table(**HOME))
    assert (job["source"]["platform"], job["attempt"]) == ("telegram", 1)
    made = letter_of(delivery(b"{", headers={**headers, "X-Redrive-Attempt": 3}))
    kept = made.publication.properties.headers
    assert [name for name in kept if name.lower().startswith("x-redrive-")] == []
    assert kept["x-dead-attempt"] == 1


def test_with_a_prefix_it_is_the_deployments_own_exchange():
    """Only `in.redrive` under the deployment's prefix is the operators'."""
    given = redriven(message())
    assert isinstance(pipeline(prefix="p.")(given, STAMP), DeadLetter)
    assert isinstance(pipeline(prefix="p.")(replace(given, exchange="p.in.redrive"), STAMP), Turn)


HISTORY = replace(
    TELEGRAM,
    source_kind=SourceKind.OWNER,
    attempt=3,
    message_id="m",
    user_id="bot",
    signed=True,
    derived_id="d",
    fingerprint="f",
    unchanged=1,
)


@pytest.mark.parametrize("body", [b"{", message(source={"platform": "cli"})])
def test_a_letter_that_dies_again_is_the_letter_that_it_was(body):
    """The next letter names the first exchange, platform, kind and ids, the attempt and the history."""
    headers = letter_of(
        redriven(body, HISTORY, headers={"x-own": 1})
    ).publication.properties.headers
    assert {name: value for name, value in headers.items() if name != "x-dead-at"} == {
        "x-own": 1,
        "x-dead-reason": headers["x-dead-reason"],
        "x-dead-detail": headers["x-dead-detail"],
        "x-dead-exchange": "in.telegram",
        "x-dead-routing-key": "rk",
        "x-dead-table": headers["x-dead-table"],
        "x-dead-platform": "telegram",
        "x-dead-source-kind": "owner",
        "x-dead-signed": 1,
        "x-dead-attempt": 3,
        "x-dead-message-id": "m",
        "x-dead-derived-id": "d",
        "x-dead-user-id": "bot",
        "x-redrive-fingerprint": "f",
        "x-redrive-unchanged": 1,
    }


def test_a_turn_that_is_buried_later_is_the_letter_that_it_was():
    """What cannot be delivered after all, or is over a limit, keeps where it came from first."""
    given, by = redriven(message(), HISTORY), pipeline()
    turn = by(given, STAMP)
    assert isinstance(turn, Turn)
    made = by.bury(given, turn, DeadReason.UNDELIVERABLE, "why", STAMP.received_at)
    headers = made.publication.properties.headers
    assert headers["x-dead-exchange"] == "in.telegram"
    assert (headers["x-dead-source-kind"], headers["x-dead-attempt"]) == ("owner", 3)
    assert (headers["x-redrive-fingerprint"], headers["x-redrive-unchanged"]) == ("f", 1)


def test_a_job_keeps_the_history_for_a_runner_to_reject():
    """The job of a redriven message says its attempt and what it died of; others have no such header."""
    headers = turn_of(redriven(message(), HISTORY)).publication.properties.headers
    assert headers["x-attempt"] == 3
    assert (headers["x-redrive-fingerprint"], headers["x-redrive-unchanged"]) == ("f", 1)
    plain = turn_of(delivery(message())).publication.properties.headers
    assert [name for name in plain if name.startswith("x-redrive-")] == []


def test_a_letter_says_what_a_redrive_needs():
    """A letter says whether its message was signed and the id that it was given for want of one."""
    body = {"text": "hello", "source": {"chat_id": "42", "platform": "telegram"}, "hops": 99}
    headers = letter_of(delivery(body)).publication.properties.headers
    assert len(headers["x-dead-derived-id"]) == 64
    assert "x-dead-signed" not in headers
    stated = letter_of(delivery(message(hops=99))).publication.properties.headers
    assert "x-dead-derived-id" not in stated


def test_loops_and_denials_are_judged_as_ever():
    """A redriven message is denied, and is a loop, as any other."""
    denying = table(
        model={"default": "m", "routes": [{"match": {"platform": "telegram"}, "deny": True}]}
    )
    assert letter_of(redriven(message()), denying).reason is DeadReason.DENIED
    assert letter_of(redriven(message(hops=99))).reason is DeadReason.LOOP
