"""Overviews, as a worker's console has them."""

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from worker.failure import BROKER, CommandFailed
from worker.overview.overview import LARGEST, Overview
from worker.overview.report import Unreadable

_TIMEOUT = 10.0
_INTERVAL = 1.0
_DENIED = (401, 403)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A console leads nowhere else, and what it is told is for it alone."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


async def console_overviews(url: str, token_file: str | None) -> AsyncGenerator[Overview, None]:
    """Yield one about once a second. Raises CommandFailed if there is none to be had.

    The file holds the console's token, and is read for each.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise CommandFailed("--http takes a URL such as http://127.0.0.1:8080, without a user")
    address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/api/overview"
    while True:
        yield await asyncio.to_thread(_ask, address, token_file)
        await asyncio.sleep(_INTERVAL)


def _ask(address: str, token_file: str | None) -> Overview:
    request = urllib.request.Request(address)  # noqa: S310 - http or https, checked above
    if token_file is not None:
        request.add_header("Authorization", f"Bearer {_token(token_file)}")
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=_TIMEOUT) as response:
            body = response.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        denied = "; is console_token_file the console's?" if error.code in _DENIED else ""
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


def _token(file: str) -> str:
    """Return the token in a file. Raises CommandFailed, which never quotes it."""
    try:
        token = Path(file).read_bytes().strip()
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no name of a file"
        raise CommandFailed(f"console_token_file cannot be read: {why}") from None
    if not token or any(not 0x21 <= byte <= 0x7E for byte in token):
        raise CommandFailed("console_token_file is not a token: one line of plain characters")
    return token.decode()


def _fail(address: str, why: str) -> NoReturn:
    raise CommandFailed(f"{address}: {why}", BROKER)
