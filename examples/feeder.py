"""Hub platforms: publishes sample conversations, as docs/feeding.md asks, until it is ended."""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
from itertools import cycle, takewhile
from pathlib import Path

from aio_pika import DeliveryMode, Message, connect_robust
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from contracts import routing_key


async def publish(exchange: AbstractExchange, document: dict[str, object], our_id: str) -> object:
    """Publish until it is confirmed, always with the same body: so a copy is seen for a repeat."""
    while True:
        message = Message(json.dumps(document).encode(), content_type="application/json")
        message.delivery_mode, message.correlation_id = DeliveryMode.PERSISTENT, our_id
        try:
            return await exchange.publish(message, routing_key(document), mandatory=True, timeout=9)
        except (*CONNECTION_EXCEPTIONS, asyncio.CancelledError) as error:
            if (task := asyncio.current_task()) and task.cancelling():
                raise  # we are to end; otherwise the connection was lost
            if any(word in str(error) for word in ("ACCESS_REFUSED", "NOT_FOUND")):
                sys.exit(f"feeder: {error}")  # no permission, or no such exchange
            print(f"feeder: {type(error).__name__}, trying again", file=sys.stderr)
            await asyncio.sleep(random.uniform(0.1, 1))


async def main(options: argparse.Namespace) -> None:
    """Publish the samples lap after lap, each message after the confirm of the one before."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.call_later(options.seconds, ended.set)
    lines = options.samples.read_text("utf-8").splitlines()
    async with await connect_robust(options.url) as connection:
        channel, start = await connection.channel(on_return_raises=True), loop.time()
        for number, line in takewhile(lambda _: not ended.is_set(), enumerate(cycle(lines))):
            sample = json.loads(line.replace("LAP", f"{options.seed}-{number // len(lines)}"))
            exchange = await channel.get_exchange(options.prefix + sample["exchange"], ensure=False)
            await publish(exchange, sample["message"], sample["id"])
            print(json.dumps({key: sample[key] for key in ("exchange", "id")}), flush=True)
            await asyncio.sleep(start + number / options.rate - loop.time())


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--url", default=os.environ.get("POINTSMAN_AMQP_URL", "amqp://127.0.0.1/"))
parser.add_argument("--prefix", default="", help="of the exchanges' names")
parser.add_argument("--rate", type=float, default=50, help="messages per second")
parser.add_argument("--seconds", type=float, default=float("inf"))
parser.add_argument("--seed", default=os.urandom(3).hex(), help="the same seed, the same ids")
parser.add_argument("--samples", type=Path, default=Path(__file__).with_name("samples.jsonl"))
asyncio.run(main(parser.parse_args()))
