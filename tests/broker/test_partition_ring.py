"""Which partition a routing key comes to."""

import asyncio
import json
import subprocess

from tests.broker.client import Client
from tests.broker.service import COMMAND

TWELVE = [f"inbound.{number}" for number in range(12)]
KEYS = [f"key {number}" for number in range(600)]


async def test_a_restart_of_the_broker_moves_no_conversation(own_broker, tmp_path):
    """With a dozen partitions, too, each routing key comes to the same one before and after a restart."""
    broker = own_broker()
    config = tmp_path / "table.yaml"
    config.write_text(json.dumps({"model": "m", "worker": {"partitions": 12}}), "utf-8")
    command = [*COMMAND, "topology", "apply", "--config", config, "--amqp-url", broker.url()]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)

    async def waiting() -> list[int]:
        async with Client(broker.url()) as client:
            for key in KEYS:
                await client.publish("cli", b"{}", routing_key=key)
            return [await client.waiting(queue) for queue in TWELVE]

    before = await waiting()
    assert min(before) > 0
    broker.stop()
    broker.start()
    broker.wait_ready()
    assert await waiting() == [2 * count for count in before]
