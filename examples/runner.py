"""A model runner: takes the turn jobs of the models it is told, as docs/running-turns.md asks."""

import argparse
import asyncio
import json
import os
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

from aio_pika import Message, connect_robust
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, AMQPError

from contracts import TurnJob, turn_queue


async def run(job: TurnJob, replies: AbstractChannel) -> str:
    """Run a turn and answer it. Raises ValueError for what cannot be run here."""
    if not job.message.text or (job.expires_at and job.expires_at <= datetime.now(UTC)):
        raise ValueError("this runner reads text, and only until it expires")
    if to := job.reply_to:
        answer = Message(b"what the model says", correlation_id=to.correlation_id)
        with suppress(*CONNECTION_EXCEPTIONS):  # nobody to take it: the turn is done all the same
            exchange = await replies.get_exchange(to.exchange or "", ensure=False)
            await exchange.publish(answer, to.routing_key, timeout=10)
    return "done"


async def main(options: argparse.Namespace) -> None:
    """Run job after job, in order, and settle each after the work: so none is lost."""
    inbox, done = asyncio.Queue[AbstractIncomingMessage](), deque[object](maxlen=10_000)
    async with await connect_robust(options.url) as connection:
        channel, replies = await connection.channel(), await connection.channel()
        await channel.set_qos(prefetch_count=20)
        for model in options.models:
            await (await channel.get_queue(turn_queue(model, options.prefix))).consume(inbox.put)
        while incoming := await inbox.get():
            log = {"turn_id": incoming.headers.get("x-turn-id"), "outcome": "rejected"}
            with suppress(ValueError):  # what cannot be run becomes a dead letter
                job = TurnJob.model_validate_json(incoming.body)
                log |= job.model_dump(include={"sequence", "conversation_id", "source"})
                log |= {"message_id": job.message.message_id, "model": job.runtime.model}
                new = (turn := (job.turn_id, job.attempt)) not in done or job.message_id_derived
                log["outcome"] = await run(job, replies) if new else "repeat"
                done.append(turn)
            print(json.dumps(log), flush=True)
            with suppress(*CONNECTION_EXCEPTIONS):  # or else the job comes again, as a repeat
                await (incoming.reject() if log["outcome"] == "rejected" else incoming.ack())


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("models", nargs="+")
parser.add_argument("--url", default=os.environ.get("POINTSMAN_AMQP_URL", "amqp://127.0.0.1/"))
parser.add_argument("--prefix", default="", help="of the queues' names")
try:
    asyncio.run(main(parser.parse_args()))
except AMQPError as error:  # no such queue, or no permission to take from it
    raise SystemExit(f"runner: {error}") from None
