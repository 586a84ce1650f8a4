"""Partitions that an operator bounds by a policy: feeders hear it, and workers do not mind."""

import aio_pika
import pytest

from tests.broker.client import Client
from tests.broker.service import eventually

TABLE = {"model": "m", "platforms": {"telegram": {}}}
MOST = 10


@pytest.fixture
def bounded(broker, vhost):
    """The policy of docs/operating.md, with a small bound."""
    policy = (r"^inbound\.[0-9]+$", f'{{"max-length": {MOST}}}')
    broker.rabbitmqctl("set_policy", "-p", vhost, "partitions", *policy, "--apply-to", "queues")


async def test_a_full_partition_refuses_what_is_published(bounded, vhost_url, run_pointsman):
    """While no worker is there a feeder gets nacks once the bound is reached; all it has confirmed is routed."""
    run_pointsman(TABLE, partitions=1).stop()
    taken: list[str] = []
    async with Client(vhost_url) as client:

        async def is_refused() -> bool:
            number, source = str(len(taken)), {"chat_id": "c", "chat_type": "dm"}
            message = {"message_id": number, "text": "hi", "source": source}
            try:
                await client.publish("telegram", message)
            except aio_pika.exceptions.DeliveryError:
                return True
            taken.append(number)
            return False

        await eventually(is_refused, "the partition is full")
        assert MOST <= len(taken) <= 2 * MOST
        run = run_pointsman(TABLE, partitions=1)
        jobs = await client.jobs("m", len(taken))
        assert [job["message"]["message_id"] for job in jobs] == taken
        await eventually(lambda: len(run.logged("delivery")) == len(taken), "all are settled")
        assert not await is_refused()
