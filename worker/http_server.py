"""`/live`, `/ready` and `/metrics`, for whatever keeps the process running and looks after it."""

import asyncio
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.log import fault
from worker.metrics import CONTENT_TYPE, Metrics
from worker.service.readiness import Readiness

MOST = 100
"""Connections that may be open; for another one, the oldest is closed."""


class HttpServer:
    """Answers probes. `/live` says that the event loop turns, `/ready` that work gets done."""

    def __init__(self, address: tuple[str, int], readiness: Readiness) -> None:
        self._host, self._port = address
        self._readiness = readiness
        self._metrics = Metrics(readiness)
        application = web.Application(middlewares=[_never_stored, _told_by_place])
        application.router.add_get("/live", self._live)
        application.router.add_get("/ready", self._ready)
        application.router.add_get("/metrics", self._page)
        self._runner = web.AppRunner(application, access_log=None)
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen, and return the port. Raises OSError if the address cannot be had."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._answering = cast(web.Server, self._runner.server)  # there is one after `setup`
        self._server = await loop.create_server(self._accept, self._host, self._port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, and close what is open."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()

    def _accept(self) -> asyncio.Protocol:
        # Whoever opens connections and says nothing must not keep a probe out.
        for oldest in self._answering.connections[: 1 - MOST]:
            oldest.force_close()
        return self._answering()

    async def _live(self, _request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, _request: web.Request) -> web.Response:
        status = 200 if self._readiness.ready else 503
        return web.json_response(self._readiness.report(), status=status)

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.page(), headers={"Content-Type": CONTENT_TYPE})


@web.middleware
async def _never_stored(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have no proxy answer for us: what is true now may not be in a moment."""
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers["Cache-Control"] = "no-store"
        raise
    response.headers["Cache-Control"] = "no-store"
    return response


@web.middleware
async def _told_by_place(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a fault of our own with its type and place: aiohttp's page may show what it says."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001
        return web.json_response(fault(error), status=500)
