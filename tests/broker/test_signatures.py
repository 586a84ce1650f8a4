"""Signed messages on a real broker: what becomes of them, and of what only looks signed."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts import SIGNATURE_HEADER, sign
from tests import amqp_bytes as raw
from tests.broker.client import Client
from tests.broker.raw_publisher import RawPublisher
from tests.broker.service import PointsmanRun, eventually, wait_until

KEYS = {f"HOOK_{number}": f"canary-{number}-{uuid4().hex}" for number in (1, 2)}
TABLE: dict[str, Any] = {
    "model": {"default": "m", "routes": [{"match": {"source_kind": "owner"}, "model": "strong"}]},
    "platforms": {
        "webhook": {"home_channel": "42", "signing_keys": {"k1": "${HOOK_1}"}},
        "telegram": {},
    },
}


def key(number: int = 1) -> bytes:
    return KEYS[f"HOOK_{number}"].encode()


def table(**signing_keys: str) -> dict[str, Any]:
    webhook = {"home_channel": "42", "signing_keys": signing_keys}
    return {**TABLE, "platforms": {**TABLE["platforms"], "webhook": webhook}}


def body(name: str, chat: str = "42", **fields: Any) -> bytes:
    source = {"chat_id": chat, "chat_type": "dm", "user_id": "9"}
    return json.dumps({"message_id": name, "text": "hi", "source": source, **fields}).encode()


def header(
    given: bytes,
    message_id: str = "a-1",
    *,
    by: bytes | None = None,
    kid: str = "k1",
    age: float = 0,
) -> dict[str, str]:
    ts = int(time.time() - age)
    return {SIGNATURE_HEADER: sign(by or key(), kid, message_id, given, ts)}


async def publish(client: Client, given: bytes, headers: Any, message_id: str | None = "a-1"):
    await client.publish("webhook", given, headers=headers, message_id=message_id)


def put(run: PointsmanRun, text: dict[str, Any]) -> None:
    """Replace the table, and wait until it is in use or refused."""
    fresh = run.config.with_name("fresh.yaml")
    fresh.write_text(json.dumps(text), encoding="utf-8")
    fresh.rename(run.config)


def keep_secret(run: PointsmanRun, *letters: Any) -> None:
    """No key is in what the worker says, nor a signature in what it says of a letter."""
    assert not any(secret in run.text for secret in KEYS.values())
    for letter in letters:
        told = str(letter.headers["x-dead-detail"])
        assert not any(secret in f"{letter.headers}{letter.body!r}" for secret in KEYS.values())
        assert "sig=" not in told.replace("sig=…", "")


async def test_a_signed_message_is_believed(run_pointsman, vhost_url):
    """A signed message is verified, its home channel makes an owner, and its user id is the job's."""
    run = run_pointsman(TABLE, environ=KEYS)
    async with Client(vhost_url) as client:
        given = body("1")
        await publish(client, given, header(given))
        (job,) = await client.jobs("strong", 1)
    source = job["source"]
    assert (source["source_kind"], source["user_id"], source["verified"]) == ("owner", "9", True)
    assert job["allow_control"] is True
    assert job["message_id_derived"] is False
    keep_secret(run)


async def test_what_only_looks_signed_is_dead(run_pointsman, vhost_url):
    """Forged, absent, late, early, over other bytes, under another id or key: a dead letter each, and no job."""
    run = run_pointsman(TABLE, environ=KEYS)
    given, other = body("1"), body("1", text="ho")
    attacks: list[tuple[bytes, Any, str | None, str]] = [
        (given, header(given, by=b"a guess" * 8), "a-1", "does not fit"),
        (given, {}, "a-1", "no x-signature header"),
        (given, header(given, age=302), "a-1", "ago, 300 are allowed"),
        (given, header(given, age=-360), "a-1", "ahead, 300 are allowed"),
        (other, header(given), "a-1", "does not fit"),
        (given + b" ", header(given), "a-1", "does not fit"),
        (given, header(given), "a-2", "does not fit"),
        (given, header(given, kid="k2"), "a-1", "lists no signing key k2"),
        (given, {"X-Signature": header(given)[SIGNATURE_HEADER]}, "a-1", "no x-signature header"),
        (given, {SIGNATURE_HEADER: header(given)[SIGNATURE_HEADER] + ";"}, "a-1", "of the form"),
        (given, {SIGNATURE_HEADER: 1}, "a-1", "is not text"),
        (b"{", {}, "a-1", "no x-signature header"),
    ]
    async with Client(vhost_url) as client:
        for number, (sent, headers, message_id, _) in enumerate(attacks, start=1):
            await publish(client, sent, headers, message_id)
            await client.dead_letters(number)
        letters = await client.dead_letters(len(attacks))
        await client.empty("turns.m")
        await client.empty("turns.strong")
    for letter, (sent, _, _, says) in zip(letters, attacks, strict=True):
        assert letter.headers["x-dead-reason"] == "bad_signature"
        assert says in str(letter.headers["x-dead-detail"])
        assert letter.body == sent
    keep_secret(run, *letters)
    assert not run.logged("delivery", outcome="accepted")


async def test_a_message_without_an_id_cannot_be_signed(run_pointsman, vhost_url):
    """Where the AMQP message id is missing, no signature holds."""
    run_pointsman(TABLE, environ=KEYS)
    given = body("1")
    async with Client(vhost_url) as client:
        with RawPublisher(vhost_url) as feeder:
            value = header(given)[SIGNATURE_HEADER].encode()
            headers = raw.table([(SIGNATURE_HEADER.encode(), b"S" + raw.long(value))])
            feeder.publish("in.webhook", given, {"headers": headers})
        (letter,) = await client.dead_letters(1)
    assert letter.headers["x-dead-detail"] == "the AMQP message_id is missing"


async def test_a_message_played_again_is_a_repeat(run_pointsman, vhost_url):
    """A signed message that somebody publishes again becomes no second job, whatever the routing key."""
    run = run_pointsman(TABLE, environ=KEYS, partitions=4)
    async with Client(vhost_url) as client:
        for given in (body("1"), json.dumps({"text": "no id of its own"}).encode()):
            headers = header(given)
            for routing_key in ("one", "one", "two", "three"):
                await client.publish(
                    "webhook", given, routing_key=routing_key, headers=headers, message_id="a-1"
                )
        await eventually(lambda: len(run.logged("delivery")) == 8, "all have ended")
        assert len(await client.jobs("strong", 1)) == 1
        assert len(await client.jobs("m", 1)) == 1
    outcomes = [line["outcome"] for line in run.logged("delivery")]
    assert sorted(outcomes) == ["accepted"] * 2 + ["duplicate"] * 6


async def test_a_message_played_again_to_another_worker_is_the_same_turn(run_pointsman, vhost_url):
    """A worker that does not know the message makes a second job with the turn id of the first."""
    run = run_pointsman(TABLE, environ=KEYS)
    given = body("1")
    headers = header(given)
    async with Client(vhost_url) as client:
        await publish(client, given, headers)
        await client.jobs("strong", 1)
        await eventually(lambda: run.logged("delivery"), "it is settled")
        run.stop()
        run_pointsman(TABLE, environ=KEYS)
        await publish(client, given, headers)
        first, second = await client.jobs("strong", 2)
    assert first["turn_id"] == second["turn_id"]
    assert first["attempt"] == second["attempt"] == 1


async def test_keys_are_rotated_by_the_table(run_pointsman, vhost_url):
    """A second key counts once the table lists it, and the first no longer once it does not."""
    run = run_pointsman(TABLE, environ=KEYS)
    async with Client(vhost_url) as client:
        for number, keys in enumerate(
            ({"k1": "env:HOOK_1", "k2": "env:HOOK_2"}, {"k2": "env:HOOK_2"}), start=1
        ):
            put(run, table(**keys))
            await eventually(lambda: len(run.logged("table reloaded")) == number, "in use")  # noqa: B023
            for name in ("k1", "k2"):
                given = body(f"{number}-{name}", chat="9")
                await publish(client, given, header(given, kid=name, by=key(int(name[1]))))
        jobs = await client.jobs("m", 3)
        (letter,) = await client.dead_letters(1)
    assert sorted(job["message"]["message_id"] for job in jobs) == ["1-k1", "1-k2", "2-k2"]
    assert json.loads(letter.body)["message_id"] == "2-k1"
    assert letter.headers["x-dead-detail"] == "webhook lists no signing key k1"


async def test_a_key_in_a_file_is_rotated_there(run_pointsman, vhost_url, tmp_path):
    """A file that is replaced counts from the next message on; while it is gone, its last key does."""
    file = tmp_path / "hook.key"
    replace(file, key(1))
    run = run_pointsman(table(k1=f"file:{file}"))
    async with Client(vhost_url) as client:

        async def send(name: str, number: int) -> None:
            given = body(name, chat="9")
            await publish(client, given, header(given, by=key(number)))

        await send("before", 1)
        await client.jobs("m", 1)
        replace(file, key(2))
        await send("with the old key", 1)
        (letter,) = await client.dead_letters(1)
        await send("with the new key", 2)
        await client.jobs("m", 2)
        file.unlink()
        await send("without the file", 2)
        jobs = await client.jobs("m", 3)
    assert [job["message"]["message_id"] for job in jobs] == [
        "before",
        "with the new key",
        "without the file",
    ]
    assert "does not fit" in str(letter.headers["x-dead-detail"])
    assert len(run.logged("signing key changed", key=f"file:{file}")) == 1
    assert len(run.logged("the last signing key stays in use", key=f"file:{file}")) == 1
    keep_secret(run, letter)


def replace(file: Path, content: bytes) -> None:
    fresh = file.with_name("fresh.key")
    fresh.write_bytes(content + b"\n")
    fresh.rename(file)


async def test_a_key_that_is_not_there_stops_a_start_and_refuses_a_table(
    run_pointsman, vhost_url, tmp_path
):
    """Without a key there is no start, exit code 2 and a line each; a running worker keeps its table."""
    wanted = table(k1="env:HOOK_1", k2="file:/no/such/key")
    failed = PointsmanRun(vhost_url, wanted, tmp_path)
    failed.wait_exit(2)
    said = [line.partition("error: ")[2] for line in failed.complaints]
    gone = (
        "`platforms.webhook.signing_keys.k2`: the key file:/no/such/key is not here"
        " (there is no such file)"
    )
    unset = (
        "`platforms.webhook.signing_keys.k1`: the key env:HOOK_1 is not here"
        " (the variable is not set, empty, or not UTF-8)"
    )
    assert said == [unset, gone]
    run = run_pointsman(TABLE, environ=KEYS)
    put(run, wanted)
    refused = wait_until(lambda: run.logged("table refused"), "the table is refused")
    assert [line.partition("error: ")[2] for line in refused[0]["problems"]] == [gone]


@pytest.mark.parametrize("given", [body("1"), b'{"text": "x"}'])
async def test_elsewhere_a_signature_means_nothing(run_pointsman, vhost_url, given):
    """On a platform that lists no keys the header is not looked at."""
    run_pointsman(TABLE, environ=KEYS)
    async with Client(vhost_url) as client:
        for headers in ({SIGNATURE_HEADER: "nonsense"}, header(given)):
            await client.publish("telegram", given + b" " * len(headers), headers=headers)
        (job, *_) = await client.jobs("m", 1)
    assert job["source"]["verified"] is False
