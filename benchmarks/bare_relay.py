"""The least that one would write with aio-pika for the same work, as a process of its own.

Callback consumer, confirms pipelined, nothing besides: no classification, no rules, no order, no
repeats, no dead letters, no log. Run as `python -m benchmarks.bare_relay URL PREFETCH PARTITIONS`.
"""

import asyncio
import json
import signal
import sys
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from benchmarks.sample import WAYS

_QUEUES = {(way.platform, way.chat_type): (way.model, f"turns.{way.model}") for way in WAYS}


def _job(message: dict[str, Any], model: str, queue: str) -> dict[str, Any]:
    return {
        "version": "1",
        "turn_id": message["message_id"],
        "attempt": 1,
        "model": model,
        "provider": "custom",
        "base_url": "https://models.example/v1",
        "queue": queue,
        "message": message,
    }


async def relay(url: str, prefetch: int, partitions: int) -> None:
    """Relay until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(on_return_raises=True)
        await channel.set_qos(prefetch_count=prefetch)
        turns = await channel.get_exchange("turns")

        async def on_message(incoming: AbstractIncomingMessage) -> None:
            message = json.loads(incoming.body)
            source = message["source"]
            model, queue = _QUEUES[source["platform"], source["chat_type"]]
            body = json.dumps(_job(message, model, queue), separators=(",", ":")).encode()
            job = aio_pika.Message(
                body,
                content_type="application/json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await turns.publish(job, routing_key=queue, mandatory=True)
            await incoming.ack()

        for number in range(partitions):
            queue = await channel.declare_queue(f"inbound.{number}", passive=True)
            await queue.consume(on_message)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
