"""The console over HTTP, with a lookout that has no broker and shows its own worker."""

import asyncio
import json
import socket
from contextlib import ExitStack, asynccontextmanager

import aiohttp
import pytest

from routing.load_table import load_table
from worker.console.console import LARGEST_BODY
from worker.console.events import MOST_CLIENTS
from worker.console.open_console import open_console
from worker.demo.free_port import free_port
from worker.http_server import HttpServer
from worker.log import open_log
from worker.overview.overview import Overview
from worker.overview.reporter import Reporter
from worker.service.readiness import Readiness
from worker.settings import Settings

TOKEN = "a-token-of-some-length"
TABLE = b"model: {default: m, routes: [{match: {platform: slack}, model: other}]}\nplatforms: {telegram: {}}"
PAGES = ("/", "/assets/main.js", "/assets/theme.css", "/api/overview", "/api/table")
JSON = {"Content-Type": "application/json"}
QUESTION = {"message": {"text": "hi", "source": {"platform": "slack"}}}


class Served:
    """A console that is served, and how to ask it."""

    def __init__(self, port, session, readiness, server):
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.readiness = readiness
        self.server = server
        self._session = session

    async def ask(self, path, method="GET", **options):
        """Return status, headers and body."""
        async with self._session.request(
            method, f"{self.url}{path}", allow_redirects=False, **options
        ) as answer:
            return answer.status, answer.headers, await answer.read()

    def listen(self):
        return self._session.get(f"{self.url}/api/events")


@asynccontextmanager
async def served(host: str = "127.0.0.1", **flags: str):
    """Serve a console; the broker is one that is not there."""
    url = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    settings = Settings.load({"amqp_url": url, "http": f"{host}:0", **flags}, {}, {})
    table = load_table(TABLE, {}).table
    assert table is not None
    assert settings.http is not None
    readiness = Readiness(table.digest, 8)
    reporter = Reporter(settings, readiness, lambda: table)
    log = open_log("json", "error")
    console = open_console(settings, readiness, reporter.report, lambda: table, log)
    server = HttpServer(settings.http, readiness, console)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        port = await server.start()
        try:
            yield Served(port, session, readiness, server)
        finally:
            await server.stop()


@pytest.fixture
def token_file(tmp_path):
    """The name of a file with the token."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return str(file)


@pytest.mark.parametrize("path", [*PAGES, "/assets/no-such-file"])
async def test_every_answer_says_what_a_browser_may_do_with_it(path):
    """Pages, files, JSON and refusals all have the policy, and are neither sniffed, framed nor kept."""
    async with served() as console:
        status, headers, _ = await console.ask(path)
    assert status == (404 if "no-such" in path else 200)
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= {*policy}
    assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= {*policy}
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "name", ["../console.py", "..%2fconsole.py", "%2e%2e/console.py", "%2fetc%2fpasswd", "", "."]
)
async def test_nothing_but_the_page_is_served(name):
    """No name of a file leads out of the page's own files."""
    async with served() as console:
        # As it is written: a client would tidy the path.
        reader, writer = await asyncio.open_connection("127.0.0.1", console.port)
        writer.write(f"GET /assets/{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert (await reader.readline()).split()[1] == b"404"
        writer.close()


async def test_another_host_in_the_request_is_refused_and_probes_answer():
    """On loopback a request that names another host gets no page and no API; probes do not care."""
    async with served() as console:
        for path in (*PAGES, "/api/events"):
            status, _, body = await console.ask(path, headers={"Host": "evil.example"})
            assert status == 403
            assert b"another host" in body
        status, *_ = await console.ask("/live", headers={"Host": "evil.example"})
        assert status == 200


async def test_on_another_address_it_is_closed_without_a_token_and_probes_answer():
    """There everything of the console is 403 and says which setting opens it, and probes go on."""
    async with served("0.0.0.0") as console:
        for path in (*PAGES, "/api/events"):
            status, _, body = await console.ask(path)
            assert status == 403
            assert b"console_token_file" in body
        for path, method in (("/api/explain", "POST"), ("/sign-in", "POST")):
            status, *_ = await console.ask(path, method, json=QUESTION)
            assert status == 403
        assert [(await console.ask(path))[0] for path in ("/live", "/metrics")] == [200, 200]
        assert (await console.ask("/ready"))[0] == 503


async def test_it_can_be_switched_off():
    """With `console: false` there is nothing but the probes."""
    async with served(console="false") as console:
        assert {(await console.ask(path))[0] for path in PAGES} == {404}
        assert (await console.ask("/live"))[0] == 200


async def test_a_token_is_asked_for_and_a_cookie_stands_for_it(token_file):
    """Without it APIs are 401 and the page asks; signed in, a browser has a cookie that no script reads."""
    async with served("0.0.0.0", console_token_file=token_file) as console:
        status, headers, _ = await console.ask("/api/overview")
        assert (status, headers["WWW-Authenticate"].split()[0]) == (401, "Bearer")
        status, _, body = await console.ask("/")
        assert (status, b'type="password"' in body, b"sankey" in body) == (401, True, False)
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert (await console.ask("/api/overview", headers=bearer))[0] == 200

        status, headers, _ = await console.ask("/sign-in", "POST", data={"token": "wrong"})
        assert (status, "Set-Cookie" in headers) == (401, False)
        status, headers, _ = await console.ask("/sign-in", "POST", data={"token": TOKEN})
        assert (status, headers["Location"]) == (303, "./")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert TOKEN not in cookie
        assert "Secure" not in cookie
        assert (await console.ask("/api/overview"))[0] == 200

        tls = {"X-Forwarded-Proto": "https"}
        _, headers, _ = await console.ask("/sign-in", "POST", data={"token": TOKEN}, headers=tls)
        assert "Secure" in headers["Set-Cookie"]


async def test_another_site_can_neither_sign_in_nor_ask(token_file):
    """A form or a script of another site is refused, whatever cookie its browser sends along."""
    elsewhere = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    async with served("0.0.0.0", console_token_file=token_file) as console:
        data = {"token": TOKEN}
        assert (await console.ask("/sign-in", "POST", data=data, headers=elsewhere))[0] == 403
        assert (await console.ask("/sign-in", "POST", data=data))[0] == 303
        answer = await console.ask("/api/explain", "POST", json=QUESTION, headers=elsewhere)
        assert answer[0] == 403
        assert (await console.ask("/api/explain", "POST", json=QUESTION))[0] == 200


async def test_explain_takes_json_of_a_bounded_size_and_nothing_else():
    """A question is JSON, in a type that forms cannot send, not too long, and says what it asks."""
    async with served() as console:

        async def status(body, headers=JSON):
            answer = await console.ask("/api/explain", "POST", data=body, headers=headers)
            assert isinstance(json.loads(answer[2]), dict)
            return answer[0]

        question = json.dumps(QUESTION).encode()
        assert await status(question) == 200
        assert await status(question, {"Content-Type": "text/plain"}) == 415
        assert await status(b" " * (LARGEST_BODY + 1)) == 413
        moment = {"at": "2026-01-31T23:30:00"}
        for wrong in (
            b"", b"{", b"[]", b"[" * 50_000, b'{"message": []}', b'{"message": {}, "more": 1}',
            json.dumps({**QUESTION, **moment}).encode(), json.dumps({**QUESTION, "at": 1}).encode(),
            json.dumps({**QUESTION, "publisher": 1}).encode(),
        ):  # fmt: skip
            assert await status(wrong) == 400


async def test_the_table_is_told_in_the_order_it_is_tried():
    """The effective table comes with its rules in order, its base, its models and its platforms."""
    async with served() as console:
        table = json.loads((await console.ask("/api/table"))[2])
    assert [rule["runtime"]["model"] for rule in table["rules"]] == ["other"]
    assert table["base"]["runtime"]["model"] == "m"
    assert table["models"] == ["other", "m"]
    assert "telegram" in table["platforms"]


async def read_event(answer):
    """Return name and data of the next event."""
    event = (await answer.content.readuntil(b"\n\n")).decode().splitlines()
    return event[0].removeprefix("event: "), event[1].removeprefix("data: ")


async def test_events_bring_the_overview_again_and_again_until_the_worker_ends():
    """A stream tells the same as the overview, once a second; a worker that drains ends it."""
    async with served() as console, console.listen() as answer:
        assert answer.content_type == "text/event-stream"
        for _ in range(2):
            name, data = await read_event(answer)
            assert name == "overview"
            assert len(Overview.decode(data.encode()).workers) == 1
        console.readiness.draining = True
        while (event := await read_event(answer))[0] == "overview":
            pass
        assert event[0] == "end"
        assert await answer.content.read() == b""


async def has_room(console):
    """Return once another page may listen."""
    async with asyncio.timeout(30):
        while True:
            async with console.listen() as answer:
                if answer.status == 200:
                    return


async def test_not_more_than_so_many_pages_may_listen():
    """One more than there is room for is 503, and there is room again once another has gone."""
    async with served() as console:
        open_ = [await console.listen() for _ in range(MOST_CLIENTS)]
        async with console.listen() as answer:
            assert answer.status == 503
        open_[0].close()
        await has_room(console)
        for answer in open_:
            answer.close()


async def test_who_does_not_read_is_let_go(monkeypatch):
    """Pages that take nothing of what they are sent are cut off, and make room for others."""
    monkeypatch.setattr("worker.console.events._PATIENCE", 0.2)
    monkeypatch.setattr("worker.overview.lookout.INTERVAL", 0.05)
    monkeypatch.setattr(Overview, "model_dump_json", lambda _: "x" * 2_000_000)
    async with served() as console:
        with ExitStack() as stack:
            for _ in range(MOST_CLIENTS):
                client = stack.enter_context(socket.socket())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", console.port))
                client.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await has_room(console)


async def test_a_server_stops_while_pages_listen():
    """Streams that are open end with a word, and hold up no end of the worker."""
    async with served() as console, console.listen() as answer:
        await read_event(answer)
        async with asyncio.timeout(10):
            await console.server.stop()
        assert (await answer.content.read()).endswith(b"event: end\ndata: the worker ends\n\n")
