"""What a message that waits takes on the broker's disk, and what taking it away gives back."""

import asyncio
from pathlib import Path

import aio_pika
from aio_pika.abc import AbstractExchange, HeadersType

from benchmarks.report import Report, Row
from worker.demo.debian_package import ensure_installed
from worker.demo.machine import Machine
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

_SIZES = (735, 1_545, 10_000)
"""Bytes: a message as in the other benchmarks, the job that it becomes, and a long one."""
_SETTLE = 6.0  # seconds in which what was written gets where it stays
_WINDOW = 1_000
_MIB = 1024 * 1024
_HEADERS: HeadersType = {
    "x-turn-id": "t" * 36,
    "x-attempt": 1,
    "x-platform": "telegram",
    "x-source-kind": "stranger",
    "x-route": "routes[0]",
}


def measure_disk(
    report: Report, *, messages: int, installation: RabbitmqInstallation | None = None
) -> None:
    """Fill a quorum queue with so many messages of each size, and purge it."""
    installation = installation or ensure_installed(Machine(), report.say)
    rows = [_row(installation, size, messages) for size in _SIZES]
    report.table(f"disk of a quorum queue, {messages} messages, on one node", rows)


def _row(installation: RabbitmqInstallation, size: int, messages: int) -> Row:
    with PrivateBroker(installation) as broker:
        data = broker.directory.path / "data"
        before = _taken(data)
        full, purged = asyncio.run(_fill(broker.url(), data, size, messages))
    return {
        "body, bytes": f"{size:,}",
        "on disk, bytes each": (full - before) / messages,
        "all, MiB": (full - before) / _MIB,
        "after a purge, MiB": (purged - before) / _MIB,
    }


async def _fill(url: str, data: Path, size: int, messages: int) -> tuple[int, int]:
    """Return what the files take with the messages and without."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(
            "waiting", durable=True, arguments={"x-queue-type": "quorum"}
        )
        body = b"x" * size
        for begin in range(0, messages, _WINDOW):
            window = range(begin, min(begin + _WINDOW, messages))
            await asyncio.gather(*(_publish(channel.default_exchange, body) for _ in window))
        await asyncio.sleep(_SETTLE)
        full = await asyncio.to_thread(_taken, data)
        await queue.purge()
        await asyncio.sleep(_SETTLE)
        return full, await asyncio.to_thread(_taken, data)


async def _publish(exchange: AbstractExchange, body: bytes) -> None:
    message = aio_pika.Message(
        body,
        headers=_HEADERS,
        content_type="application/json",
        type="turn.v1",
        correlation_id="c" * 32,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await exchange.publish(message, routing_key="waiting")


def _taken(folder: Path) -> int:
    """Bytes on disk of all files in a folder; some come and go meanwhile."""
    taken = 0
    for file in folder.rglob("*"):
        try:
            taken += 512 * file.lstat().st_blocks
        except FileNotFoundError:
            continue
    return taken
