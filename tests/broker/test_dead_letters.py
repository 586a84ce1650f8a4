import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import pytest

from tests.broker.client import Client

CANARY = "canary-0123456789"
CONFIG = {
    "model": {
        "default": "m",
        "routes": [
            {"match": {"platform": "discord"}, "model": "other"},
            {"match": {"platform": "slack"}, "model": "spare"},
        ],
    },
    "platforms": {
        "telegram": {"home_channel": "42"},
        "discord": {},
        "slack": {"publishers": ["guest"]},
    },
}


def message(number: int = 1, chat: str = "42", **fields: Any) -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm", "user_id": "9"}
    return {"message_id": f"m-{number}", "text": "hello", "source": source, **fields}


def limit(broker, vhost, queue, length):
    """Have the broker refuse publishes to a queue that holds `length` messages."""
    policy = json.dumps({"max-length": length, "overflow": "reject-publish"})
    pattern = f"^{queue.replace('.', '[.]')}$"
    broker.rabbitmqctl("set_policy", "-p", vhost, queue, pattern, policy, "--apply-to", "queues")


async def test_a_letter_has_its_reason_its_origin_and_its_own_properties(run_pointsman, vhost_url):
    """A letter is the body as it was with all headers of the design, and harms nobody."""
    run = run_pointsman(CONFIG)
    before = datetime.now(UTC)
    sent_at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    async with Client(vhost_url) as client:
        await client.publish(
            "telegram",
            b'{"text": 5}',
            routing_key="a-key",
            content_type="text/plain",
            content_encoding="identity",
            correlation_id="c",
            reply_to="answers",
            timestamp=sent_at,
            type="t",
            app_id="a",
            message_id="an-id",
            user_id="guest",
            expiration=timedelta(hours=1),
            priority=9,
            headers={"own": "kept", "CC": ["x"]},
        )
        (letter,) = await client.dead_letters(1)
    headers = dict(letter.headers)
    died_at = datetime.fromisoformat(str(headers.pop("x-dead-at")))
    assert before - timedelta(seconds=1) < died_at < datetime.now(UTC) + timedelta(seconds=1)
    assert "text" in str(headers.pop("x-dead-detail"))
    assert headers.pop("x-dead-table") == run.logged("consuming")[0]["table"]
    assert headers == {
        "x-dead-reason": "malformed",
        "x-dead-exchange": "in.telegram",
        "x-dead-routing-key": "a-key",
        "x-dead-platform": "telegram",
        "x-dead-attempt": 1,
        "x-dead-message-id": "an-id",
        "x-dead-user-id": "guest",
        "x-dead-expiration": "3600000",
        "x-dead-priority": 9,
        "x-dead-cc": ["x"],
        "own": "kept",
    }
    assert letter.body == b'{"text": 5}'
    assert letter.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert letter.expiration is None
    assert letter.user_id is None
    assert not letter.priority
    assert letter.message_id != "an-id"
    assert (letter.content_type, letter.content_encoding) == ("text/plain", "identity")
    assert (letter.correlation_id, letter.reply_to) == ("c", "answers")
    assert (letter.type, letter.app_id) == ("t", "a")
    assert letter.timestamp == sent_at


async def ignore(_message):
    pass


async def test_a_direct_reply_is_only_told(run_pointsman, vhost_url):
    """An address that only the feeder's own channel can answer to is kept as a header."""
    run_pointsman(CONFIG)
    async with Client(vhost_url) as client:
        replies = await client.channel.get_queue("amq.rabbitmq.reply-to", ensure=False)
        await replies.consume(ignore, no_ack=True)
        await client.publish("telegram", b"", reply_to="amq.rabbitmq.reply-to")
        (letter,) = await client.dead_letters(1)
    assert letter.reply_to is None
    assert str(letter.headers["x-dead-reply-to"]).startswith("amq.rabbitmq.reply-to")


@pytest.mark.parametrize(
    ("exchange", "properties", "becomes"),
    [
        ("", {}, "untrusted_origin"),
        ("amq.topic", {}, "untrusted_origin"),
        ("in.slack", {}, "untrusted_publisher"),
        ("in.slack", {"user_id": "guest"}, None),
    ],
)
async def test_who_may_publish_is_judged_by_what_the_broker_vouches_for(
    run_pointsman, broker, vhost_url, exchange, properties, becomes
):
    """Over no platform's exchange, or as nobody that it lists, a message is dead, else verified."""
    run_pointsman(CONFIG, partitions=1)
    async with Client(vhost_url) as client:
        if exchange == "amq.topic":
            inbound = await client.channel.get_queue("inbound.0", ensure=False)
            await inbound.bind("amq.topic", "#")
        target = client.channel.default_exchange
        if exchange:
            target = await client.channel.get_exchange(exchange, ensure=False)
        body = json.dumps(message(metadata={"token": CANARY})).encode()
        await target.publish(aio_pika.Message(body, **properties), "inbound.0")
        if becomes is None:
            (job,) = await client.jobs("spare", 1)
            assert (job["source"]["publisher"], job["source"]["verified"]) == ("guest", True)
            return
        (letter,) = await client.dead_letters(1)
    assert letter.headers["x-dead-reason"] == becomes
    assert letter.headers["x-dead-exchange"] == exchange
    assert letter.headers["x-dead-redacted"] == 1
    assert CANARY.encode() not in letter.body


async def test_a_full_queue_makes_undeliverable_letters_and_holds_up_nobody_else(
    run_pointsman, broker, vhost, vhost_url
):
    """What a full queue refuses until the deadline is dead, in order, while others are served."""
    run = run_pointsman(
        CONFIG, lane_deadline="1s", retry_backoff_max="100ms", turns_max_length=1, partitions=1
    )
    count = 8
    async with Client(vhost_url) as client:
        for number in range(count):
            await client.publish("telegram", message(number, override={"api_key": CANARY}))
        await client.publish("discord", message(count, chat="7"))
        (other,) = await client.jobs("other", 1)
        assert other["message"]["message_id"] == f"m-{count}"
        # A quorum queue takes a few more than its length before it says no.
        letters = await client.dead_letters(count - 3)
        await client.empty("inbound.0")
        jobs = [
            job["message"]["message_id"] for job in await client.jobs("m", count - len(letters))
        ]
    ids = [json.loads(letter.body)["message_id"] for letter in letters]
    assert jobs + ids == [f"m-{number}" for number in range(count)]
    for letter in letters:
        headers = letter.headers
        assert headers["x-dead-reason"] == "undeliverable"
        assert "turns.m: refused by the queue" in str(headers["x-dead-detail"])
        assert headers["x-dead-platform"] == "telegram"
        assert headers["x-dead-source-kind"] == "owner"
        assert headers["x-dead-redacted"] == 1
        assert CANARY.encode() not in letter.body
    assert CANARY not in run.text
    assert len(run.logged("delivery", outcome="dead", reason="undeliverable")) == len(letters)


async def test_no_key_in_a_message_goes_on(run_pointsman, vhost_url):
    """A key that a hub wrote into a message is in no job, no letter and no line of the log."""
    run = run_pointsman(CONFIG)
    planted: dict[str, Any] = {"api_key": CANARY, "metadata": {"a": [{"Token": CANARY}]}}
    async with Client(vhost_url) as client:
        await client.publish("telegram", message(1, **planted))
        await client.publish("telegram", json.dumps(message(2, hops="x", **planted)).encode())
        await client.jobs("m", 1)
        (job,) = (await client.collect("turns.m")).messages
        (letter,) = await client.dead_letters(1)
    for kept in (job, letter):
        assert CANARY not in f"{kept.body!r}{kept.headers}"
    assert json.loads(job.body)["message"]["metadata"] == {"a": [{"Token": "[redacted]"}]}
    assert json.loads(letter.body)["api_key"] == "[redacted]"
    assert letter.headers["x-dead-redacted"] == 1
    assert CANARY not in run.text


async def test_a_letter_that_cannot_be_published_keeps_its_delivery_unsettled(
    run_pointsman, broker, vhost, listed, vhost_url
):
    """While the dead queue refuses, the delivery stays with the broker and others are served."""
    run = run_pointsman(CONFIG, partitions=1, lane_deadline="200ms", retry_backoff_max="50ms")
    limit(broker, vhost, "dead", 0)
    async with Client(vhost_url) as client:
        # A quorum queue takes a few more than its length before it says no.
        sent = 0
        while not run.logged("refused", queue="dead"):
            await client.publish("telegram", b"")
            sent += 1
        await client.publish("telegram", message())
        await client.jobs("m", 1)
        column = "messages_unacknowledged"
        assert 1 <= sum(each[column] for each in listed("channels", column)) <= sent
        limit(broker, vhost, "dead", 1000)
        assert len(await client.dead_letters(sent)) == sent
        await client.empty("inbound.0")


async def test_a_job_that_a_runner_rejects_is_kept(run_pointsman, vhost_url):
    """A job that its runner rejects goes to the dead queue as the job it is."""
    run_pointsman(CONFIG)
    async with Client(vhost_url) as client:
        await client.publish("telegram", message())
        queue = await client.channel.get_queue("turns.m", ensure=False)
        rejected = []

        async def reject(job):
            rejected.append(job.body)
            await job.reject(requeue=False)

        await queue.consume(reject)
        (letter,) = await client.dead_letters(1)
    assert [letter.body] == rejected
    assert json.loads(letter.body)["message"]["message_id"] == "m-1"
    assert letter.headers["x-first-death-queue"] == "turns.m"
    assert "x-dead-reason" not in letter.headers
