"""Answers of the console, each with what keeps browsers from doing more with it than showing it."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from worker.console.assets import Asset

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Cookie, Authorization",
}


def shown(asset: Asset, status: int = 200) -> web.Response:
    """Return a file."""
    return web.Response(
        body=asset.body,
        status=status,
        content_type=asset.content_type,
        charset="utf-8",
        headers=HEADERS,
    )


def told(values: Any, status: int = 200) -> web.Response:
    """Return JSON."""
    body = json.dumps(values, ensure_ascii=False).encode(errors="replace")
    return web.Response(body=body, status=status, content_type="application/json", headers=HEADERS)


def told_bytes(body: bytes) -> web.Response:
    """Return JSON that is written already."""
    return web.Response(body=body, content_type="application/json", headers=HEADERS)


def refused(why: str, status: int) -> web.Response:
    """Return a line that says why not."""
    return told({"error": why}, status)
