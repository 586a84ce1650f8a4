import asyncio
import json
import urllib.error
import urllib.request
from contextlib import asynccontextmanager

import pytest

from worker.http_server import MOST, HttpServer
from worker.service.readiness import Readiness


@asynccontextmanager
async def served():
    """The port of a worker that has just started."""
    server = HttpServer(("127.0.0.1", 0), Readiness("0123456789ab", 8))
    try:
        yield await server.start()
    finally:
        await server.stop()


async def ask(port, request):
    """Status line, headers and body of what is answered to `request`, until the connection closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{request}\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    writer.close()
    status, *lines = head.decode().lower().splitlines()
    return status, dict(line.split(": ", 1) for line in lines), body


async def test_before_it_is_connected_it_says_so():
    """`/ready` answers 503 with its facts as JSON that nobody keeps, and `/live` 200."""
    async with served() as port:
        status, headers, body = await ask(port, "GET /ready HTTP/1.1")
        assert (await ask(port, "GET /live HTTP/1.0"))[0].startswith("http/1.0 200")
    assert status.startswith("http/1.1 503")
    assert headers["content-type"].startswith("application/json")
    assert headers["cache-control"] == "no-store"
    assert json.loads(body)["problem"] == "not connected yet"


@pytest.mark.parametrize(
    ("request_line", "status", "body"),
    [
        ("HEAD /live HTTP/1.1", 200, b""),
        ("HEAD /ready HTTP/1.1", 503, b""),
        ("HEAD /metrics HTTP/1.1", 200, b""),
        ("GET /ready?verbose=1 HTTP/1.1", 503, b'"ready": false'),
        ("POST /ready HTTP/1.1", 405, b"Not Allowed"),
        ("GET /nowhere HTTP/1.1", 404, b"Not Found"),
        ("GET / HTTP/1.1", 404, b"Not Found"),
        ("no HTTP at all", 400, b"invalid"),
    ],
)
async def test_other_requests_are_answered_as_http_asks(request_line, status, body):
    """HEAD has the status of GET without its body; what there is not is refused, and nothing is kept."""
    async with served() as port:
        said, headers, content = await ask(port, request_line)
    assert str(status) in said
    assert body.lower() in content.lower() if body else content == b""
    assert status == 400 or headers["cache-control"] == "no-store"


async def test_those_who_say_nothing_keep_no_probe_out():
    """However many connections are open and silent, the next request is answered; the oldest are closed."""
    async with served() as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3 * MOST)]
        assert (await ask(port, "GET /live HTTP/1.1"))[0].startswith("http/1.1 200")
        oldest, _ = silent[0]
        assert await asyncio.wait_for(oldest.read(), 10) == b""
        latest, writer = silent[-1]
        writer.write(b"GET /live HTTP/1.0\r\n\r\n")
        assert b"200 OK" in await asyncio.wait_for(latest.read(), 10)
        for _, writer in silent:
            writer.close()


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
