"""Overviews, as a worker's console has them."""

import asyncio
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator
from typing import NoReturn
from urllib.parse import urlsplit

from worker.failure import BROKER, CommandFailed
from worker.overview.overview import LARGEST, Overview
from worker.overview.report import Unreadable

TOKEN = "POINTSMAN_CONSOLE_TOKEN"  # noqa: S105 - the variable's name
_TIMEOUT = 10.0
_INTERVAL = 1.0
_DENIED = (401, 403)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A console leads nowhere else, and what it is told is for it alone."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


async def console_overviews(url: str) -> AsyncGenerator[Overview, None]:
    """Yield one about once a second. Raises CommandFailed if there is none to be had."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise CommandFailed("--http takes a URL such as http://127.0.0.1:8080, without a user")
    address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/api/overview"
    while True:
        yield await asyncio.to_thread(_ask, address)
        await asyncio.sleep(_INTERVAL)


def _ask(address: str) -> Overview:
    request = urllib.request.Request(address)  # noqa: S310 - http or https, checked above
    if token := os.environ.get(TOKEN):
        request.add_header("Authorization", f"Bearer {token}")
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=_TIMEOUT) as response:
            body = response.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        denied = f"; set {TOKEN} to its token" if error.code in _DENIED else ""
        _fail(address, f"answers {error.code}{denied}")
    except urllib.error.URLError as error:
        reason = error.reason
        _fail(address, (isinstance(reason, OSError) and reason.strerror) or "cannot be reached")
    except (OSError, http.client.HTTPException) as error:
        _fail(address, f"cannot be read: {type(error).__name__}")
    try:
        return Overview.decode(body)
    except Unreadable:
        _fail(address, "is no overview")


def _fail(address: str, why: str) -> NoReturn:
    raise CommandFailed(f"{address}: {why}", BROKER)
