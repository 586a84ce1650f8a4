"""A client connection of the campaign's own that comes back by itself, for as long as it takes."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import cast

import aiormq
from aiormq import Channel

_CONNECT_TIMEOUT = 5.0
_HEARTBEAT = 4
_PAUSE = (0.05, 0.25)


class Endpoint:
    """Calls `serve(channel)` with each new channel; the channel is `channel` until it is lost."""

    def __init__(self, urls: Sequence[str], serve: Callable[[Channel], Awaitable[None]]) -> None:
        self._urls = list(urls)
        self._serve = serve
        self._task: asyncio.Task[None] | None = None
        self.channel: Channel | None = None
        self._lost = asyncio.Event()

    def start(self) -> None:
        """Connect, in the background."""
        self._task = asyncio.ensure_future(self._keep())

    async def close(self) -> None:
        """Disconnect for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def drop(self) -> None:
        """Give this connection up, and connect anew."""
        self._lost.set()

    async def _keep(self) -> None:
        while True:
            try:
                await self._once()
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
            except Exception:  # noqa: BLE001 - whatever it was, the next attempt is the answer
                pass
            self.channel = None
            self._urls.append(self._urls.pop(0))
            await asyncio.sleep(random.uniform(*_PAUSE))

    async def _once(self) -> None:
        url = f"{self._urls[0]}?heartbeat={_HEARTBEAT}"
        connection = await asyncio.wait_for(aiormq.connect(url), _CONNECT_TIMEOUT)
        try:
            opening = connection.channel(publisher_confirms=True, on_return_raises=True)
            channel = cast(Channel, await asyncio.wait_for(opening, _CONNECT_TIMEOUT))
            self._lost = lost = asyncio.Event()
            channel.closing.add_done_callback(lambda _: lost.set())
            connection.closing.add_done_callback(lambda _: lost.set())
            channel.on_consumer_cancel_callbacks.add(lambda _: lost.set())
            self.channel = channel
            await asyncio.wait_for(self._serve(channel), _CONNECT_TIMEOUT)
            await lost.wait()
        finally:
            self.channel = None
            with suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(connection.close(), 1.0)
