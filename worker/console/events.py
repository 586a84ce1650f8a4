"""The overview once a second, to each page that is open."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from aiohttp import web

from worker.console.responses import HEADERS, refused
from worker.overview.lookout import Lookout
from worker.overview.overview import Overview

MOST_CLIENTS = 16
_PATIENCE = 5.0  # seconds that a page may take to read what it was sent


class Events:
    """Server-sent events. Who does not read is let go, and whoever is too many is not let in."""

    def __init__(self, lookout: Lookout, ends: Callable[[], bool]) -> None:
        """`ends` tells that the worker is about to end."""
        self._lookout = lookout
        self._ends = ends
        self._clients = 0
        self._written: tuple[Overview | None, bytes] = (None, b"")

    async def close(self) -> None:
        """End every stream."""
        await self._lookout.close()

    async def latest(self) -> bytes:
        """Return the next overview, as JSON; empty if there is none any more."""
        async with aclosing(self._lookout.overviews()) as overviews:
            async for overview in overviews:
                return self._write(overview)
        return b""

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer until the page is closed, does not read, or the worker ends."""
        if self._clients >= MOST_CLIENTS:
            return refused(f"{MOST_CLIENTS} pages look already", 503)
        self._clients += 1
        try:
            return await self._stream(request)
        finally:
            self._clients -= 1

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        try:
            await response.prepare(request)
            async with aclosing(self._lookout.overviews()) as overviews:
                async for overview in overviews:
                    if self._ends():
                        break
                    await _send(response, b"overview", self._write(overview))
            await _send(response, b"end", b"the worker ends")
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()  # else what was not read would be kept
        return response

    def _write(self, overview: Overview) -> bytes:
        """Return it as JSON, written once for everybody."""
        if self._written[0] is not overview:
            self._written = overview, overview.model_dump_json().encode(errors="replace")
        return self._written[1]


async def _send(response: web.StreamResponse, event: bytes, data: bytes) -> None:
    async with asyncio.timeout(_PATIENCE):
        await response.write(b"event: %b\ndata: %b\n\n" % (event, data))
