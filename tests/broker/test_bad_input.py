import json
from collections.abc import Iterator

import pytest

from contracts import InboundMessage, Override, ReplyTo, Source
from contracts.inbound_message import Part
from tests.broker.client import Client
from tests.broker.odd_messages import BODIES, CANARY, JOB, PROPERTIES, Case, encoded, message
from tests.broker.raw_publisher import RawPublisher
from tests.broker.service import PointsmanRun, eventually, wait_until

CONFIG = {"model": {"default": "m"}, "platforms": {"telegram": {}, "hub": {}}}
KEPT_RESIDENT = 64 * 2**20


@pytest.fixture(scope="module")
def run(module_vhost_url, tmp_path_factory) -> Iterator[PointsmanRun]:
    """One process for all the tests of this file."""
    directory = tmp_path_factory.mktemp("bad-input")
    with PointsmanRun(module_vhost_url, CONFIG, directory, partitions=4) as started:
        yield started


@pytest.fixture
def feeder(module_vhost_url, run) -> Iterator[RawPublisher]:
    with RawPublisher(module_vhost_url) as publisher:
        yield publisher


def publish(feeder: RawPublisher, case: Case) -> None:
    # The default exchange routes by queue name.
    key = case.routing_key if case.exchange else b"inbound.0"
    feeder.publish(case.exchange, case.body, case.properties, key)


@pytest.fixture(autouse=True)
def still_the_same_process(run: PointsmanRun) -> Iterator[None]:
    """After every test the process is up, ready, and on its first connection."""
    yield
    assert run.exit_code is None, run.tail()
    assert run.is_ready
    assert len(run.logged("consuming")) == 1, run.tail()
    assert not run.logged("refused"), run.tail()
    assert not run.complaints


@pytest.mark.parametrize("case", BODIES + PROPERTIES, ids=lambda case: case.name)
async def test_bad_input_ends_where_it_belongs_and_the_next_message_flows(
    case, run, feeder, module_vhost_url
):
    """Each odd message is a dead letter with its reason, or a job, and the next one is a job."""
    async with Client(module_vhost_url) as client:
        await client.purge("dead", "turns.m")
        publish(feeder, case)
        good = message()
        feeder.publish("in.telegram", encoded(good), routing_key=case.routing_key)
        if case.becomes == JOB:
            assert len(await client.jobs("m", 2)) == 2
            return
        (letter,) = await client.dead_letters(1)
        assert letter.headers["x-dead-reason"] == case.becomes
        assert case.detail in str(letter.headers["x-dead-detail"])
        assert letter.body == case.body
        assert letter.headers["x-dead-exchange"] == case.exchange
        assert "x-dead-redacted" not in letter.headers
        assert letter.expiration is None
        assert letter.user_id is None
        assert letter.headers.items() >= case.headers.items()
        (job,) = await client.jobs("m", 1)
        assert job["message"]["message_id"] == good["message_id"]


SAMPLES = {
    "text": "x",
    "whole": 5,
    "fraction": 1.5,
    "true": True,
    "null": None,
    "list": ["x"],
    "object": {"a": 1},
}
ANYTHING = set(SAMPLES)
ID = {"text", "whole", "fraction", "null"}
WORDS = {"text", "null"}

# Which JSON types each field takes; the others are malformed.
TAKES = {
    "version": {"fraction", "null"},  # 5 and "x" are no 1.x
    "message_id": ID,
    "text": WORDS,
    "parts": {"null"},
    "message_type": WORDS,
    "source": {"null", "object"},
    "agent_id": ID,
    "conversation_id": ID,
    "purpose": WORDS,
    "override": {"null", "object"},
    "hops": {"whole", "null"},
    "reply_to_message_id": ID,
    "media_urls": {"null", "list"},
    "media_types": {"null", "list"},
    "context": ANYTHING,
    "task_id": ID,
    "reference_task_ids": {"null", "list"},
    "metadata": {"null", "object"},
    "extensions": ANYTHING,
    "created_at": ANYTHING,
    "expires_at": {"null"},
    "reply_to": {"null"},
}
SOURCE_TAKES = {
    "platform": {"null"},
    "chat_id": ID,
    "chat_type": ID,
    "chat_name": ID,
    "user_id": ID,
    "user_name": ID,
    "thread_id": ID,
    "user_id_alt": ID,
    "chat_id_alt": ID,
    "scope_id": ID,
    "parent_chat_id": ID,
    "message_id": ID,
    "profile": ID,
    "is_bot": {"true", "null"},
}
PART_TAKES = {
    "text": {"text"},
    "url": {"null"},
    "raw": {"null"},
    "data": {"null"},
    "media_type": WORDS,
    "filename": WORDS,
    "metadata": {"null", "object"},
}
OVERRIDE_TAKES = {"runtime": ID, "model": ID}
REPLY_TAKES = {"exchange": WORDS, "routing_key": {"text"}, "correlation_id": WORDS}
OTHER_REASONS = {
    ("InboundMessage", "version", "whole"): "unsupported_version",
    ("Source", "platform", "text"): "platform_mismatch",
}


def _in_source(name, value):
    good = message()
    return {**good, "source": {**good["source"], name: value}}


PLACES = {
    InboundMessage: (TAKES, lambda name, value: message(media_urls=["u"]) | {name: value}),
    Source: (SOURCE_TAKES, _in_source),
    Part: (PART_TAKES, lambda name, value: message(parts=[{"text": "x", name: value}])),
    Override: (OVERRIDE_TAKES, lambda name, value: message(override={name: value})),
    ReplyTo: (REPLY_TAKES, lambda name, value: message(reply_to={"routing_key": "q", name: value})),
}


@pytest.mark.parametrize("model", PLACES, ids=lambda model: model.__name__)
async def test_wrong_types_in_every_field(model, feeder, module_vhost_url):
    """A field that takes a JSON type makes a job of it, and every other type is a dead letter."""
    takes, written = PLACES[model]
    assert takes.keys() == model.model_fields.keys(), "a field is missing in the table above"
    expected = {
        f"{name} {kind}": JOB
        if kind in takes[name]
        else OTHER_REASONS.get((model.__name__, name, kind), "malformed")
        for name in takes
        for kind in SAMPLES
    }
    async with Client(module_vhost_url) as client:
        await client.purge("dead", "turns.m")
        for name in takes:
            for kind, value in SAMPLES.items():
                document = {**written(name, value), "case": f"{name} {kind}"}
                feeder.publish("in.telegram", encoded(document))
        jobs, dead = await client.collect("turns.m"), await client.collect("dead")
        await eventually(
            lambda: len(jobs.messages) + len(dead.messages) >= len(expected), "all were settled"
        )
    found = {job["message"]["case"]: JOB for job in jobs.jobs}
    for letter in dead.messages:
        found[json.loads(letter.body)["case"]] = str(letter.headers["x-dead-reason"])
    assert found == expected


async def test_a_body_of_15_mib_is_kept_whole(feeder, module_vhost_url):
    """A body many times too large is a dead letter with every byte of it."""
    body = b"\x00\xff" * (15 * 2**19)
    async with Client(module_vhost_url) as client:
        await client.purge("dead")
        feeder.publish("in.telegram", body)
        (letter,) = await client.dead_letters(1)
    assert letter.headers["x-dead-reason"] == "too_large"
    assert letter.body == body


async def test_two_bare_messages_are_two_turns(feeder, module_vhost_url):
    """A message without any id gets one that says it is derived, and a second one is no repeat."""
    bare = encoded({"text": "yes", "source": {"chat_id": "bare", "chat_type": "dm"}})
    async with Client(module_vhost_url) as client:
        await client.purge("turns.m")
        for _ in range(2):
            feeder.publish("in.telegram", bare, routing_key=b"bare")
        jobs = await client.jobs("m", 2)
    assert [job["message_id_derived"] for job in jobs] == [True, True]
    assert len({job["turn_id"] for job in jobs}) == 1


def test_memory_stays_flat(run, feeder, broker, module_vhost_url):
    """Three more rounds of everything bad leave the process about as large as it was."""
    cases = BODIES + PROPERTIES
    seen = len(run.logged("delivery"))

    def one_more_round():
        nonlocal seen
        for case in cases:
            publish(feeder, case)
        seen += len(cases)
        wait_until(lambda: len(run.logged("delivery")) >= seen, "a round was settled")
        return run.resident_bytes

    before = one_more_round()
    after = [one_more_round() for _ in range(3)]
    assert after[-1] - before < KEPT_RESIDENT


def test_no_body_is_in_the_log(run):
    """After all that, nothing of any body stands in the log."""
    assert run.logged("delivery")
    assert CANARY not in run.text
