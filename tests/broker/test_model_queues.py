"""Model queues that are missing, full, or not as they should be."""

from typing import Any

from aio_pika import ExchangeType

from tests.broker.client import Client
from tests.broker.service import eventually, wait_until

TABLE = {
    "model": {
        "default": "m-default",
        "platforms": {"telegram": "m-telegram", "discord": "m-discord"},
    }
}
QUEUE = "turns.m-telegram"


def message(number: int, chat: str = "c") -> dict[str, Any]:
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": str(number), "text": "hi", "source": source}


async def say(client: Client, platform: str, *numbers: int, chat: str = "c") -> None:
    for number in numbers:
        await client.publish(platform, message(number, chat))


async def numbers(client: Client, model: str, count: int) -> list[int]:
    """The numbers of the first jobs for a model, in the order of their arrival."""
    return [int(job["message"]["message_id"]) for job in await client.jobs(model, count)]


async def delete_queue(client: Client, name: str) -> None:
    async with client.connection.channel() as channel:
        await channel.queue_delete(name)


async def recreate_as_classic(client: Client, name: str) -> None:
    async with client.connection.channel() as channel:
        await channel.queue_delete(name)
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "classic"})


async def test_a_deleted_model_queue_is_declared_again(vhost_url, run_pointsman):
    """Turns for a deleted queue come to it once it is declared again, in order, none lost."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        await delete_queue(client, QUEUE)
        await say(client, "telegram", 1, 2, 3)
        await eventually(lambda: len(run.logged("delivery", outcome="accepted")) == 3, "accepted")
        assert await numbers(client, "m-telegram", 3) == [1, 2, 3]
    assert "NO_ROUTE" in run.logged("refused", queue=QUEUE)[0]["why"]
    assert len(run.logged("consuming")) == 1


async def test_an_unbound_model_queue_is_bound_again(vhost_url, run_pointsman):
    """A queue without its binding, as one is that was recreated by hand, gets it back."""
    run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        queue = await client.channel.get_queue(QUEUE, ensure=False)
        await queue.unbind("turns", QUEUE)
        await say(client, "telegram", 1, 2, 3)
        assert await numbers(client, "m-telegram", 3) == [1, 2, 3]


async def test_a_deleted_dead_letter_queue_is_declared_again(vhost_url, run_pointsman):
    """A dead letter is kept although its queue was deleted."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        await delete_queue(client, "dead")
        await client.publish("telegram", b"not JSON")
        await eventually(lambda: run.logged("delivery", outcome="dead"), "it ended")
        (letter,) = await client.dead_letters(1)
        assert letter.headers["x-dead-reason"] == "malformed"


async def test_a_deleted_exchange_is_declared_again(vhost_url, run_pointsman):
    """Without its exchange a job closes the channel; what was on its way comes again, in order."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        await client.channel.exchange_delete("turns")
        await say(client, "telegram", 1, 2, 3)
        assert await numbers(client, "m-telegram", 3) == [1, 2, 3]
    assert "NOT_FOUND" in run.logged("broker lost")[0]["why"]


async def test_a_full_model_queue_holds_its_lanes_and_no_others(vhost_url, run_pointsman):
    """Turns for a full queue wait in order until there is room, while other models are served."""
    run = run_pointsman(TABLE, turns_max_length=2)
    async with Client(vhost_url) as client:
        await say(client, "telegram", *range(1, 10))
        await eventually(lambda: run.logged("refused", queue=QUEUE), "the queue is full")
        await say(client, "discord", 1, 2)
        assert await numbers(client, "m-discord", 2) == [1, 2]
        assert run.is_ready
        assert await numbers(client, "m-telegram", 9) == list(range(1, 10))
        assert "full" in run.logged("refused", queue=QUEUE)[0]["why"]
        await eventually(lambda: len(run.logged("delivery")) == 11, "all have ended")
    assert not run.logged("delivery", outcome="dead")


async def test_a_queue_full_past_the_deadline_is_undeliverable(vhost_url, run_pointsman):
    """What a full queue refuses for `lane_deadline` is dead with the queue's name, in order."""
    run = run_pointsman(TABLE, turns_max_length=2, lane_deadline="1s")
    async with Client(vhost_url) as client:
        await say(client, "telegram", *range(1, 10))
        await eventually(lambda: len(run.logged("delivery")) == 9, "all have ended")
        taken = len(run.logged("delivery", outcome="accepted"))
        letters = await client.dead_letters(9 - taken)
        assert {letter.headers["x-dead-reason"] for letter in letters} == {"undeliverable"}
        assert all(QUEUE in str(letter.headers["x-dead-detail"]) for letter in letters)
        dead = [int(str(line["message_id"])) for line in run.logged("delivery", outcome="dead")]
        assert await numbers(client, "m-telegram", taken) + dead == list(range(1, 10))
        assert [letter.body for letter in letters] == [
            line.body for line in sorted(letters, key=lambda letter: letter.body)
        ]


async def test_a_queue_recreated_otherwise_is_told_and_holds_up_nobody(vhost_url, run_pointsman):
    """Turns for a queue of another type end undeliverable, a log line names the property, and others flow."""
    run = run_pointsman(TABLE, lane_deadline="1s")
    async with Client(vhost_url) as client:
        await recreate_as_classic(client, QUEUE)
        await say(client, "telegram", 1, 2)
        await say(client, "discord", 1)
        assert await numbers(client, "m-discord", 1) == [1]
        letters = await client.dead_letters(2)
        assert {letter.headers["x-dead-reason"] for letter in letters} == {"undeliverable"}
        assert await client.waiting(QUEUE) == 0
        assert run.is_ready
    (told,) = run.logged("otherwise on the broker")
    assert told["level"] == "error"
    assert f"queue {QUEUE}: x-dead-letter-exchange is none" in told["what"]


async def test_a_queue_recreated_otherwise_stops_no_reconnect(
    vhost_url, vhost, broker, run_pointsman
):
    """After a loss the others are served again although one model queue is not as it should be."""
    run = run_pointsman(TABLE, lane_deadline="1s")
    async with Client(vhost_url) as client:
        await recreate_as_classic(client, QUEUE)
    broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by a test")
    wait_until(lambda: len(run.logged("consuming")) == 2, "it consumes again")
    run.wait_ready()
    async with Client(vhost_url) as client:
        await say(client, "telegram", 1)
        await say(client, "discord", 1)
        assert await numbers(client, "m-discord", 1) == [1]
        (letter,) = await client.dead_letters(1)
        assert letter.headers["x-dead-reason"] == "undeliverable"
    assert (
        f"queue {QUEUE}: x-dead-letter-exchange is none"
        in run.wait_for_log("otherwise on the broker")["what"]
    )


async def test_another_kind_of_exchange_is_not_served(vhost_url, vhost, broker, run_pointsman):
    """What every turn needs must be right: until it is, the worker is not ready and says why."""
    run = run_pointsman(TABLE)
    async with Client(vhost_url) as client:
        await client.channel.exchange_delete("turns")
        await client.channel.declare_exchange("turns", ExchangeType.FANOUT, durable=True)
    broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by a test")
    why = "exchange turns: type is 'fanout' on the broker, 'direct' is needed"
    wait_until(lambda: run.logged("not connected", why=why), "it says so")
    assert run.get("/ready")[1]["problem"] == why
    async with Client(vhost_url) as client:
        await client.channel.exchange_delete("turns")
    run.wait_ready()
