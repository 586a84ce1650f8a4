"""Carries attacks out against a worker on a real broker, and looks at what came of each."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed

from contracts import SIGNATURE_HEADER, sign
from tests.broker.attacks.attack import (
    DONE,
    MARK,
    Attack,
    Bind,
    Consume,
    Deed,
    Hold,
    Publish,
    Seen,
    Signed,
)
from tests.broker.attacks.table import KEYS
from tests.broker.raw_publisher import RawPublisher
from tests.broker.service import PATIENCE, eventually

_HEADER = "x-marked"
_numbers = count()


class Field:
    """A vhost with a worker, and the broker users of those who attack it: role to URL.

    An async context manager. `queues` are those that messages end in; `settled` says how many
    deliveries the worker has settled so far.
    """

    def __init__(
        self,
        users: Mapping[str, str],
        queues: Sequence[str],
        settled: Callable[[], int],
    ) -> None:
        self._users = users
        self._queues = queues
        self._settled = settled
        self._connections: dict[str, AbstractConnection] = {}
        # One moment for all, so that the same message has the same signature.
        self._signed_at = time.time()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections.values():
            await connection.close()

    async def carry_out(self, attacks: Iterable[Attack]) -> dict[str, tuple[Seen, ...]]:
        """Return what came of each attack, by its name."""
        came: dict[str, list[Seen]] = defaultdict(list)
        marks: dict[str, str] = {}
        expected = self._settled()
        for attack in attacks:
            mark = f"{next(_numbers)}"
            marks[mark] = attack.name
            for deed in attack.deeds:
                refusal = await self._do(deed, attack.by, mark)
                if refusal is not None:
                    came[attack.name].append({"refused": refusal})
                elif not isinstance(deed, Publish):
                    came[attack.name].append(DONE)
                else:
                    expected += _goes_to_the_worker(deed)
        await eventually(lambda: self._settled() >= expected, "everything was settled")
        for mark, seen in await self._take_all():
            came[marks[mark]].append(seen)
        return {name: tuple(came[name]) for name in marks.values()}

    async def _do(self, deed: Deed, attacker: str, mark: str) -> int | None:
        """Return the code with which the broker refuses a deed, None if it does not."""
        by = attacker
        if isinstance(deed, Publish) and deed.by is not None:
            by = deed.by
        channel = await self._channel(by)
        try:
            if not isinstance(deed, Publish):
                await _DEEDS[type(deed)](channel, deed)
            elif deed.without_id:
                await asyncio.to_thread(_publish_bare, self._users[by], deed, f"in.{by}", mark)
            else:
                await self._publish(channel, deed, by, mark)
            await channel.close()
        except ChannelAccessRefused:
            await self._hang_up(by)
            return 403
        except ChannelPreconditionFailed:
            await self._hang_up(by)
            return 406
        return None

    async def _publish(self, channel: AbstractChannel, deed: Publish, by: str, mark: str) -> None:
        properties, body = dict(deed.properties), _body(deed, mark)
        headers = {_HEADER: mark, **properties.get("headers", {})}
        if deed.signed is not None:
            properties["message_id"] = f"signed-{mark}"
            headers |= _signature(deed.signed, body, f"signed-{mark}", self._signed_at)
        properties["headers"] = headers
        target = f"in.{by}" if deed.exchange is None else deed.exchange
        exchange = await channel.get_exchange(target, ensure=False)
        await exchange.publish(
            aio_pika.Message(body, **properties),
            routing_key=deed.routing_key,
            timeout=PATIENCE,
        )

    async def _channel(self, role: str) -> AbstractChannel:
        connection = self._connections.get(role)
        if connection is None:
            connection = await aio_pika.connect(self._users[role], timeout=PATIENCE)
            self._connections[role] = connection
        return await connection.channel(on_return_raises=True)

    async def _hang_up(self, role: str) -> None:
        # What is refused may take the connection along, a moment later.
        await self._connections.pop(role).close()

    async def _take_all(self) -> list[tuple[str, Seen]]:
        """Take everything out of the queues: (mark, what it is)."""
        taken = []
        channel = await self._channel("insider")
        for name in self._queues:
            queue = await channel.get_queue(name, ensure=False)
            while (found := await queue.get(fail=False, no_ack=True)) is not None:
                taken.append(_seen(found, name))
        await channel.close()
        return taken


def _body(deed: Publish, mark: str) -> bytes:
    body = deed.body
    if not isinstance(body, bytes):
        body = json.dumps({"attack": MARK, **body}, ensure_ascii=False).encode()
    return body.replace(MARK.encode(), mark.encode())


def _signature(signed: Signed, body: bytes, message_id: str, now: float) -> dict[str, str]:
    over = body if signed.over is None else signed.over
    key, ts = KEYS[signed.key].encode(), int(now - signed.age)
    return {SIGNATURE_HEADER: sign(key, signed.kid, signed.message_id or message_id, over, ts)}


def _publish_bare(url: str, deed: Publish, exchange: str, mark: str) -> None:
    with RawPublisher(url) as publisher:
        publisher.publish(exchange, _body(deed, mark), routing_key=deed.routing_key.encode())


async def _consume(channel: AbstractChannel, deed: Consume) -> None:
    async def put_back(message: AbstractIncomingMessage) -> None:
        await message.nack(requeue=True)

    await channel.set_qos(prefetch_count=1)
    queue = await channel.get_queue(deed.queue, ensure=False)
    await queue.cancel(await queue.consume(put_back, timeout=PATIENCE))


async def _bind(channel: AbstractChannel, deed: Bind) -> None:
    exchange = await channel.declare_exchange(
        deed.exchange, "topic", arguments=dict(deed.arguments), timeout=PATIENCE
    )
    if deed.to is not None:
        target = await channel.get_exchange(deed.to, ensure=False)
        await target.bind(exchange, "#", timeout=PATIENCE)


async def _hold(channel: AbstractChannel, deed: Hold) -> None:
    queue = await channel.declare_queue(
        deed.queue, durable=True, arguments=dict(deed.arguments), timeout=PATIENCE
    )
    if deed.source is not None:
        await queue.bind(deed.source, "#", timeout=PATIENCE)


_DEEDS: dict[type, Callable[..., Awaitable[None]]] = {
    Consume: _consume,
    Bind: _bind,
    Hold: _hold,
}


def _goes_to_the_worker(deed: Publish) -> bool:
    if deed.exchange == "":
        return deed.routing_key.startswith("inbound")
    return deed.exchange not in {"turns", "dead"}


def _seen(message: AbstractIncomingMessage, queue: str) -> tuple[str, Seen]:
    try:
        body: Any = json.loads(message.body)
    except ValueError:
        body = {}
    headers = dict(message.headers)
    inner = body.get("message", {}) if queue.startswith("turns.") else body
    mark = headers.get(_HEADER) or inner.get("attack") or body.get("attack")
    return str(mark), {"queue": queue, "headers": headers, "job": body}


async def prepare(url: str) -> None:
    """Declare what a careless administrator may have left: exchanges that lead to the worker."""
    connection = await aio_pika.connect(url, timeout=PATIENCE)
    async with connection:
        channel = await connection.channel()
        for name in ("own-to-inbound", "in.open", "in.ｃｌｉ", "in.c\u200bli"):
            await _bind(channel, Bind(name))
        await _bind(channel, Bind("own-to-cli", "in.cli"))
        await _bind(channel, Bind("own-or-cli", None, {"alternate-exchange": "in.cli"}))
