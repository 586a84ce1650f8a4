"""`/live`, `/ready` and `/metrics`, for whatever keeps the process running and looks after it."""

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.log import fault
from worker.metrics import CONTENT_TYPE, Metrics
from worker.service.readiness import Readiness


class HttpServer:
    """Answers probes. `/live` says that the event loop turns, `/ready` that work gets done."""

    def __init__(self, address: tuple[str, int], readiness: Readiness) -> None:
        self._host, self._port = address
        self._readiness = readiness
        self._metrics = Metrics(readiness)
        application = web.Application(middlewares=[_told_by_place])
        application.router.add_get("/live", self._live)
        application.router.add_get("/ready", self._ready)
        application.router.add_get("/metrics", self._page)
        self._runner = web.AppRunner(application, access_log=None)

    async def start(self) -> int:
        """Listen, and return the port. Raises OSError if the address cannot be had."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _live(self, _request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, _request: web.Request) -> web.Response:
        status = 200 if self._readiness.ready else 503
        return web.json_response(self._readiness.report(), status=status)

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.page(), headers={"Content-Type": CONTENT_TYPE})


@web.middleware
async def _told_by_place(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a fault of our own with its type and place: aiohttp's page may show what it says."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001
        return web.json_response(fault(error), status=500)
