"""What is published of a letter that is redriven, and which letters are not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts import PlatformName, SourceKind
from routing.decide import Router
from tests.routing import loading
from tests.worker.pipeline.deliveries import NOW, STAMP, delivery, message
from worker.dead.amqp_properties import WireProperties, write_properties
from worker.dead.amqp_table import Entry, Value
from worker.dead.letter import Letter, Shape
from worker.dead.outlook import Outlook
from worker.dead.read_letter import read_letter
from worker.dead.redriving import Refused, redriving
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.redrive import Redrive
from worker.pipeline.turn import DeadLetter, Turn

DENY = {"match": {"purpose": "denied"}, "deny": True}
SAID = {
    "model": {"default": "m", "routes": [DENY]},
    "platforms": {"telegram": {"home_channel": "42"}, "webhook": {"home_channel": "42"}},
}


def pipeline(**said: Any) -> Pipeline:
    return Pipeline(Router(loading.table({**SAID, **said})), Limits())


def value(plain: Any) -> Value:
    if isinstance(plain, dict):
        return Value("F", tuple(Entry(name, value(inner)) for name, inner in plain.items()))
    if isinstance(plain, list):
        return Value("A", tuple(map(value, plain)))
    return Value("S" if isinstance(plain, str) else "l", plain)


def letter(body: bytes, properties: Properties, key: str = "rk", **more: Any) -> Letter:
    """A letter of a message with these properties and these headers besides."""
    headers = {**properties.headers, **more}
    names = "content_type correlation_id reply_to message_id timestamp user_id expiration type"
    given = {name: getattr(properties, name) for name in names.split()}
    values = {name: each for name, each in given.items() if each is not None}
    entries = tuple(Entry(name, value(each)) for name, each in headers.items())
    return read_letter(body, write_properties(WireProperties(values, entries)), key, "")


def ours(given: Delivery, by: Pipeline | None = None) -> Letter:
    """The letter that a worker makes of a delivery."""
    made = (by or pipeline())(given, STAMP)
    assert isinstance(made, DeadLetter), made
    return letter(made.publication.body, made.publication.properties, given.routing_key)


def rejected(given: Delivery, by: Pipeline | None = None) -> Letter:
    """The letter of the job of a delivery, which a runner rejects."""
    made = (by or pipeline())(given, STAMP)
    assert isinstance(made, Turn), made
    queue = made.publication.routing_key
    return letter(made.publication.body, made.publication.properties, queue, **death(queue))


def death(queue: str, exchange: str = "turns", reason: str = "rejected") -> dict[str, Any]:
    last = {"queue": queue, "exchange": exchange, "reason": reason, "routing-keys": ["rk"]}
    return {"x-death": [{**last, "count": 1}]}


def job(of: Letter, by: Pipeline | None = None, **how: Any) -> dict[str, Any]:
    """The job that a redriven letter becomes."""
    made = (by or pipeline())(redriving(of, BY, "", **how).delivery(""), STAMP)
    assert isinstance(made, Turn), made
    read: dict[str, Any] = json.loads(made.publication.body)
    return read


def first_job(given: Delivery, by: Pipeline | None = None) -> dict[str, Any]:
    made = (by or pipeline())(given, STAMP)
    assert isinstance(made, Turn), made
    read: dict[str, Any] = json.loads(made.publication.body)
    return read


LETTING = pipeline(model="m")
BY = loading.table(SAID)
SAME = ("turn_id", "conversation_id", "message", "message_id_derived", "runtime", "reply_to")
BARE = {"text": "hi", "source": {"chat_id": "42", "chat_type": "dm"}}


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (message(), {}),
        (BARE, {}),
        (BARE, {"timestamp": 1_700_000_000}),
        (BARE, {"timestamp": 253_402_300_800}),
        (BARE, {"message_id": "amqp"}),
        (message(metadata={"token": "canary"}), {}),
        ({**BARE, "metadata": {"token": "canary"}}, {}),
        (message(reply_to={"routing_key": "answers"}), {}),
        (message(), {"reply_to": "answers", "correlation_id": "c"}),
    ],
)
@pytest.mark.parametrize("made", [ours, rejected])
def test_a_letter_gives_the_turn_that_its_message_gives(body, properties, made):
    """Of our letters and of rejected jobs: the same turn, conversation, message and answer, attempt 2."""
    given = delivery({**body, "purpose": "denied"}, **properties)
    first = first_job(given, LETTING)
    again = job(made(given, None if made is ours else LETTING), LETTING)
    assert [again[name] for name in SAME] == [first[name] for name in SAME]
    assert again["source"] == first["source"]
    assert again["source"]["source_kind"] == "owner"
    assert (first["attempt"], again["attempt"]) == (1, 2)


def test_what_acts_on_a_broker_is_not_published_again():
    """No copies, no priority, expiry, user or address of whoever is gone; what a feeder said stays."""
    odd = {"CC": ["turns.m"], "x-own": "1", "x-dead-reason": "x", "x-redrive-platform": "cli"}
    given = delivery(
        message(purpose="denied"),
        headers=odd,
        priority=9,
        expiration="1000",
        user_id="bot",
        reply_to="amq.rabbitmq.reply-to.g1",
        type="t",
    )
    made = redriving(ours(given), BY, "")
    assert made.properties.values == {"delivery_mode": 2, "type": "t"}
    assert {entry.name for entry in made.properties.headers or ()} == {
        "x-own",
        *made.redrive.headers(),
    }
    assert made.redrive.user_id == "bot"


def test_the_way_back_is_the_way_it_came():
    """A letter is redriven by its own routing key, and as it was when it came first."""
    made = redriving(ours(delivery(message(purpose="denied"), message_id="amqp")), BY, "")
    assert made.routing_key == "rk"
    restored = made.redrive.restored(made.delivery(""))
    assert (restored.exchange, restored.properties.message_id) == ("in.telegram", "amqp")


def signed(**fields: Any) -> Delivery:
    return delivery(message(**fields), exchange="in.webhook")


def signing() -> dict[str, Any]:
    return {"platforms": {"webhook": {"home_channel": "42", "signing_keys": {"k": "env:KEY"}}}}


@pytest.mark.parametrize("made", [ours, rejected])
def test_a_signed_message_is_as_good_as_it_was(made):
    """The owner's letter of a spoofable platform is the owner's again, without its signature judged."""
    said: dict[str, Any] = signing()
    model = {} if made is ours else {"model": "m"}
    judged = Pipeline(
        Router(loading.table({**SAID, **said, **model})), Limits(), "", lambda *_: None
    )
    dead = made(signed(purpose="denied"), judged)
    again = job(dead, pipeline(model="m", **said))
    assert (again["source"]["source_kind"], again["source"]["user_id"]) == ("owner", "9")


REFUSED = [
    (delivery(message(), exchange="amq.topic"), "nobody vouched for its platform"),
    (delivery(message(), exchange="in.redrive"), "nobody vouched for its platform"),
]


@pytest.mark.parametrize(("given", "why"), REFUSED)
def test_what_nobody_vouched_for_is_refused_whoever_insists(given, why):
    """A letter whose platform no exchange says is not redriven, by force neither."""
    for force in (False, True):
        with pytest.raises(Refused, match=why):
            redriving(ours(given), BY, "", force=force)


def test_an_unlisted_publishers_message_is_redriven_by_force_as_a_strangers():
    """A message of a publisher that was not listed needs --force, and is a stranger's then."""
    by = pipeline(platforms={"telegram": {"home_channel": "42", "publishers": ["bot"]}})
    dead = ours(delivery(message(), user_id="other"), by)
    with pytest.raises(Refused, match="untrusted_publisher"):
        redriving(dead, BY, "")
    assert job(dead, force=True)["source"]["source_kind"] == "stranger"


def undecided(user_id: str | None = "bot", **headers: Any) -> Letter:
    given = Properties(message_id="amqp", user_id=user_id, headers=headers)
    said = death("inbound.0", headers.pop("exchange", "in.telegram"), "delivery_limit")
    return letter(json.dumps(message()).encode(), given, **said)


def test_what_no_worker_settled_is_a_strangers():
    """The broker's letter of a message says its exchange alone; what a feeder wrote besides means nothing."""
    forged = Redrive(PlatformName("cli"), SourceKind.OWNER, 9, "in.cli").headers()
    dead = undecided(**forged, **{"x-dead-platform": "cli", "x-dead-source-kind": "owner"})
    assert dead.shape is Shape.UNDECIDED
    again = job(dead)
    assert (again["source"]["platform"], again["source"]["source_kind"]) == ("telegram", "stranger")
    assert (again["attempt"], again["source"]["publisher"]) == (2, "bot")


def test_where_feeders_write_deaths_the_exchange_is_not_believed():
    """On RabbitMQ 3 such a letter needs --force, and never is what it says it was before."""
    said = Redrive(PlatformName("telegram"), SourceKind.OWNER, 4, "in.telegram").headers()
    dead = undecided(exchange="in.redrive", **said)
    assert job(dead)["source"]["source_kind"] == "owner"
    with pytest.raises(Refused, match="RabbitMQ 3"):
        redriving(dead, BY, "", believes_x_death=False)
    with pytest.raises(Refused, match="nobody vouched"):
        redriving(dead, BY, "", believes_x_death=False, force=True)
    with pytest.raises(Refused, match="RabbitMQ 3"):
        redriving(undecided(), BY, "", believes_x_death=False)
    again = job(undecided(), believes_x_death=False, force=True)
    assert again["source"]["source_kind"] == "stranger"


@pytest.mark.parametrize(
    ("said", "user", "goes"),
    [
        ({"publishers": ["bot"]}, "bot", True),
        ({"publishers": ["bot"]}, "mallory", False),
        ({"publishers": ["bot"]}, None, False),
        ({"publishers": ["bot"], "signing_keys": {"k": "env:KEY"}}, "bot", False),
        ({"signing_keys": {"k": "env:KEY"}}, "bot", False),
    ],
)
def test_what_no_worker_judged_needs_a_publisher_that_is_listed(said, user, goes):
    """Who lets a message expire in a partition comes by a redrive nowhere where it would be refused."""
    table = loading.table({**SAID, "platforms": {"telegram": said}})
    dead = undecided(user_id=user)
    if goes:
        assert redriving(dead, table, "").redrive.user_id == "bot"
        return
    with pytest.raises(Refused, match="may speak for its platform"):
        redriving(dead, table, "")
    assert redriving(dead, table, "", force=True).redrive.source_kind is None


def test_a_redriven_message_that_the_broker_gave_up_goes_on():
    """Given up by the broker on its second way, it has the attempt after that and its history."""
    said = replace(
        Redrive(PlatformName("telegram"), SourceKind.OWNER, 4, "in.telegram", message_id="m"),
        fingerprint=undecided(exchange="in.redrive").fingerprint,
        unchanged=1,
    )
    made = redriving(undecided(exchange="in.redrive", **said.headers()), BY, "").redrive
    assert (made.attempt, made.unchanged, made.message_id) == (5, 2, "m")


@pytest.mark.parametrize("made", [ours, rejected])
def test_what_came_back_unchanged_three_times_is_refused(made):
    """The same end three times over is enough without --force; another end begins a new count."""
    by = pipeline() if made is ours else LETTING
    given = delivery(message(purpose="denied"))
    dead = made(given, by)
    for unchanged in range(3):
        again = redriving(dead, BY, "")
        assert again.redrive.unchanged == unchanged
        dead = made(again.delivery(""), by)
    with pytest.raises(Refused, match="unchanged 3 times"):
        redriving(dead, BY, "")
    assert redriving(dead, BY, "", force=True).redrive.attempt == 5
    assert redriving(replace(dead, fingerprint="other"), BY, "").redrive.unchanged == 0


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"message": 1}', b"[" * 10_000])
def test_a_job_that_is_none_is_refused(body):
    """What a queue of jobs held and is no job has no message to redrive."""
    with pytest.raises(Refused, match="turn job"):
        redriving(letter(body, Properties(), "turns.m", **death("turns.m")), BY, "")


def test_what_says_nothing_is_refused():
    """What somebody published among the letters is none, and neither is what cannot be read."""
    stray = letter(b"x", Properties())
    for dead in (stray, replace(stray, wire=b"\xff")):
        with pytest.raises(Refused):
            redriving(dead, BY, "", force=True)


def test_the_outlook_counts_what_letters_become():
    """Letters are counted by queue and rule, or by why they are dead again."""
    outlook = Outlook(pipeline(), NOW)
    for _ in range(2):
        outlook.add(redriving(ours(delivery(message(purpose="denied"))), BY, ""))
    outlook.add(redriving(rejected(delivery(message())), BY, ""))
    told = [(fate.dead, fate.queue, fate.route, count) for fate, count in outlook]
    assert told == [("denied", "", "", 2), (None, "turns.m", "base", 1)]
