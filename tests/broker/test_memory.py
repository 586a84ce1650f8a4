import asyncio

from tests.broker.client import Client
from tests.broker.service import eventually

CONFIG = {"model": {"default": "m"}, "platforms": {"telegram": {}}}
MIB = 2**20
LARGE = 4 * MIB
IN_HAND = 40 * MIB


def message(conversation: int, number: int, size: int) -> dict[str, object]:
    source = {"chat_id": str(conversation), "chat_type": "dm"}
    return {"message_id": str(number), "text": "x" * size, "source": source}


def bound(at_rest: int, largest: int) -> int:
    """The bound of docs/guarantees.md."""
    return at_rest + IN_HAND + 8 * largest + 32 * MIB


async def test_bodies_that_are_too_large_take_no_more_memory_than_they_may(
    run_pointsman, vhost_url
):
    """A flood of bodies over max_body leaves memory bounded, and each is a dead letter once."""
    before = run_pointsman(CONFIG, partitions=4)
    at_rest, count = before.resident_bytes, 60
    before.stop()
    async with Client(vhost_url) as client:
        for number in range(count):
            body = f"{number:03}".encode() + bytes(LARGE)
            await client.publish("telegram", body, routing_key=str(number))
        run = run_pointsman(CONFIG, memory_in_hand=IN_HAND, partitions=4, prefetch=100)
        letters = await client.dead_letters(count)
        assert {letter.headers["x-dead-reason"] for letter in letters} == {"too_large"}
        await client.publish("telegram", message(1, 1, 1))
        assert len(await client.jobs("m", 1)) == 1
        numbers = [bytes(letter.body[:3]) for letter in letters]
    assert len(set(numbers)) == count
    assert run.peak_bytes < bound(at_rest, LARGE)
    assert len(run.logged("consuming")) == 1


async def test_bodies_held_by_a_full_queue_take_no_more_memory_than_they_may(
    run_pointsman, vhost_url
):
    """Held by a full queue, they leave memory bounded; it is ready, and all come in their order."""
    settings = {"turns_max_length": 1, "lane_deadline": "100s", "heartbeat": 1}
    run = run_pointsman(CONFIG, memory_in_hand=IN_HAND, partitions=4, prefetch=100, **settings)
    at_rest, count, size = run.resident_bytes, 100, MIB - 1024
    async with Client(vhost_url) as client:
        for number in range(count):
            await client.publish("telegram", message(number % 10, number, size))
        await eventually(lambda: run.get("/ready")[1]["intake_paused"], "it takes no more")
        # Longer than it takes to notice a peer from which nothing is read.
        await asyncio.sleep(8)
        status, report = run.get("/ready")
        assert (status, report["ready"], report["problem"]) == (200, True, None)
        jobs = await client.jobs("m", count)
    seen = [(job["conversation_id"], int(job["message"]["message_id"])) for job in jobs]
    for conversation in {conversation for conversation, _ in seen}:
        numbers = [number for where, number in seen if where == conversation]
        assert numbers == sorted(numbers)
    assert len({number for _, number in seen}) == count == len(jobs)
    assert run.peak_bytes < bound(at_rest, MIB)
    assert len(run.logged("consuming")) == 1
    assert not run.logged("delivery", reason="undeliverable")


async def test_one_message_larger_than_all_that_may_be_in_hand_passes(run_pointsman, vhost_url):
    """A message that is larger than the whole of memory_in_hand goes through, one at a time."""
    run = run_pointsman(CONFIG, memory_in_hand="100KiB", partitions=4, prefetch=10)
    async with Client(vhost_url) as client:
        for number in range(12):
            await client.publish("telegram", message(number % 3, number, MIB // 2))
        jobs = await client.jobs("m", 12)
    assert len({job["message"]["message_id"] for job in jobs}) == 12 == len(jobs)
    assert len(run.logged("consuming")) == 1
