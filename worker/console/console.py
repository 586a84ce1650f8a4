"""The console: which request gets what, and what it has to show first."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from worker.console.assets import Asset, read_assets
from worker.console.console_token import COOKIE, LASTS, TokenNotHere
from worker.console.doorman import Answer, Doorman, is_of_this_page
from worker.console.events import Events
from worker.console.explaining import Explaining, Unanswerable
from worker.console.responses import HEADERS, refused, shown, told, told_bytes
from worker.log import Log

LARGEST_BODY = 128 * 1024
"""Bytes. Nothing larger is read."""
_WRONG_TOKEN_TAKES = 0.5  # seconds

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TellTable = Callable[[], Awaitable[object]]


class Console:
    """The pages and what they ask for. Everything is read-only."""

    def __init__(
        self,
        doorman: Doorman,
        events: Events,
        explaining: Explaining,
        table: TellTable,
        log: Log,
    ) -> None:
        """`table` returns the table as JSON values."""
        self._doorman = doorman
        self._events = events
        self._explaining = explaining
        self._tell_table = table
        self._log = log
        self._assets = read_assets()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add every address of the console."""
        router.add_get("/", self._page)
        router.add_post("/sign-in", self._sign_in)
        router.add_get("/assets/{name}", self._asset)
        router.add_get("/api/overview", self._guarded(self._overview))
        router.add_get("/api/events", self._guarded(self._events.stream), allow_head=False)
        router.add_get("/api/table", self._guarded(self._table))
        router.add_post("/api/explain", self._guarded(self._explain))

    async def close(self) -> None:
        """End what would go on for ever."""
        await self._events.close()

    # ---- for browsers

    async def _page(self, request: web.Request) -> web.StreamResponse:
        ruling = self._doorman.judge(request.headers, request.cookies)
        if ruling.answer is Answer.STAY_OUT:
            return web.Response(text=f"{ruling.why}\n", status=403, headers=HEADERS)
        if ruling.answer is Answer.SIGN_IN:
            return shown(self._assets["sign_in.html"], 401)
        return shown(self._assets["index.html"])

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        ruling = self._doorman.judge(request.headers, request.cookies)
        if ruling.answer is Answer.STAY_OUT:
            return refused(ruling.why, 403)
        asset = self._assets.get(request.match_info["name"])
        return refused("there is no such file", 404) if asset is None else shown(asset)

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        ruling = self._doorman.judge(request.headers, request.cookies)
        if ruling.answer is Answer.STAY_OUT or not is_of_this_page(request.headers):
            return refused(ruling.why or "this is for the console's own page", 403)
        try:
            token = (await request.post()).get("token")
            cookie = self._doorman.cookie_for(token) if isinstance(token, str) else None
        except (TokenNotHere, ValueError):
            cookie = None
        except web.HTTPRequestEntityTooLarge:
            return refused("that is too long", 413)
        if cookie is None:
            self._log.warning("the console was asked with another token", by=request.remote)
            await asyncio.sleep(_WRONG_TOKEN_TAKES)
            return shown(_told_wrong(self._assets["sign_in.html"]), 401)
        response = web.Response(status=303, headers={**HEADERS, "Location": "./"})
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(
            COOKIE, cookie, max_age=LASTS, httponly=True, samesite="Strict", secure=secure
        )
        return response

    # ---- for the page, and for programs

    def _guarded(self, handler: _Handler) -> _Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            ruling = self._doorman.judge(request.headers, request.cookies)
            if ruling.answer is Answer.STAY_OUT:
                return refused(ruling.why, 403)
            if ruling.answer is Answer.SIGN_IN:
                response = refused(ruling.why, 401)
                response.headers["WWW-Authenticate"] = 'Bearer realm="pointsman"'
                return response
            return await handler(request)

        return guarded

    async def _overview(self, _request: web.Request) -> web.StreamResponse:
        body = await self._events.latest()
        return told_bytes(body) if body else refused("the worker ends", 503)

    async def _table(self, _request: web.Request) -> web.StreamResponse:
        return told(await self._tell_table())

    async def _explain(self, request: web.Request) -> web.StreamResponse:
        if not is_of_this_page(request.headers):
            return refused("this is for the console's own page, and for programs", 403)
        if request.content_type != "application/json":
            return refused("the body is application/json", 415)
        try:
            return told(await self._explaining.answer(await request.read()))
        except web.HTTPRequestEntityTooLarge:
            return refused(f"the body has {LARGEST_BODY} bytes at most", 413)
        except Unanswerable as error:
            return refused(str(error), 400)


def _told_wrong(page: Asset) -> Asset:
    """Return the page that asks for the token, with its line about a wrong one."""
    return replace(page, body=page.body.replace(b" hidden>", b">"))
