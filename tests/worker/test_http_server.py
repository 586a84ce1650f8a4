import asyncio
import json
import urllib.error
import urllib.request

import pytest

from worker.http_server import HttpServer
from worker.service.readiness import Readiness


def answer(port, path):
    """Status and body of a request."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("path", ["/ready", "/metrics"])
async def test_a_page_that_fails_does_not_show_what_the_fault_says(path, monkeypatch):
    """A fault of our own is told by its type and place, also where asyncio debugs."""

    def choke(_):
        raise ValueError("canary")

    asyncio.get_running_loop().set_debug(True)
    monkeypatch.setattr(Readiness, "report", choke)
    monkeypatch.setattr("worker.metrics.Metrics.page", choke)
    server = HttpServer(("127.0.0.1", 0), Readiness("0123456789ab", 8))
    port = await server.start()
    try:
        status, body = await asyncio.to_thread(answer, port, path)
        assert (await asyncio.to_thread(answer, port, "/nowhere"))[0] == 404
    finally:
        await server.stop()
    assert status == 500
    assert json.loads(body)["error"] == "ValueError"
    assert b"canary" not in body
