"""`/live`, `/ready` and `/metrics` for what looks after the process, and the console for people."""

import asyncio
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.console.console import LARGEST_BODY, Console
from worker.log import fault
from worker.metrics import CONTENT_TYPE, Metrics
from worker.service.readiness import Readiness

MOST = 100
"""Connections that may be open; for another one, the oldest is closed."""
_STOPS_WITHIN = 2.0  # seconds that whoever is being answered has when it stops


class HttpServer:
    """Answers probes. `/live` says that the event loop turns, `/ready` that work gets done.

    With a console, it shows that as well.
    """

    def __init__(
        self, address: tuple[str, int], readiness: Readiness, console: Console | None = None
    ) -> None:
        self._host, self._port = address
        self._readiness = readiness
        self._console = console
        self._metrics = Metrics(readiness)
        application = web.Application(
            middlewares=[_never_stored, _told_by_place], client_max_size=LARGEST_BODY
        )
        application.router.add_get("/live", self._live)
        application.router.add_get("/ready", self._ready)
        application.router.add_get("/metrics", self._page)
        if console is not None:
            console.add_to(application.router)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=_STOPS_WITHIN, handler_cancellation=True
        )
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
        if self._console is not None:
            await self._console.close()
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
