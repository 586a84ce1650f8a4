"""`pointsman top`: the picture, and where it comes from."""

import http.server
import io
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.worker.overview.reports import flow, note, report
from worker.cli.app import main
from worker.cli.top_view import picture
from worker.overview.deployment import Deployment
from worker.overview.overview import Overview

AT = datetime(2026, 1, 31, 13, tzinfo=UTC)
HOSTILE = "[red]a[/]\x1b[31m\u202eb\n\x07<script>" + "語" * 4000


def overview(*reports, listened: float = 5.0) -> Overview:
    deployment = Deployment(0)
    for each in reports:
        deployment.add(each, listened)
    return deployment.overview(listened, AT)


def busy(name: str = "telegram", flows: int = 60, workers: int = 30) -> Overview:
    """An overview with more of everything than a terminal has lines."""
    counts = {flow(f"{name}{number}", route=name, model=name): number for number in range(flows)}
    counts[flow(reason="malformed", route="", model="")] = 7
    letters = (note("malformed", detail=name, platform=name),)
    served: dict[int | str, float] = {0: 1.0, name[:64]: 2.0}
    return overview(
        *(
            report(
                f"{name}-{number}",
                100,
                counts,
                served=served,
                rules={name: 0, "base": 9},
                dead_letters=letters,
                state={"ready": False, "problem": name},
            )
            for number in range(workers)
        )
    )


def shown(seen: Overview, width: int = 80, height: int | None = 24) -> list[str]:
    """The lines of the picture, as a terminal gets them."""
    output = io.StringIO()
    console = Console(file=output, width=width, height=height or 500, force_terminal=False)
    console.print(picture(seen, width, height))
    return output.getvalue().splitlines()


@pytest.mark.parametrize("name", ["telegram", HOSTILE[:200]])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (40, 12)])
def test_a_picture_fits_its_terminal(name, width, height):
    """Whatever there is to show, no line is too long and none too many."""
    lines = shown(busy(name), width, height)
    assert len(lines) <= height
    assert max(cell_len(line) for line in lines) <= width
    if height >= 24:
        assert any("base" in line or "platform" in line for line in lines)
        assert any(line.startswith("worker ") for line in lines)


def test_hostile_names_are_text():
    """Names that would be markup, colours, other directions or lines are shown as what they are."""
    text = "\n".join(shown(busy(HOSTILE[:60], 3, 2), 300, None))
    assert "[red]a[/]" in text
    for character in ("\x1b", "\u202e", "\x07"):
        assert character not in text
    assert "\\x1b" in text


def test_all_is_well_where_it_is():
    """The line for what is wrong says so if nothing is, and the worst thing if something is."""
    assert "all is well" in shown(overview(report("one", 4, {flow(): 3})))
    bad = report("two", 4, state={"ready": False, "problem": "the broker is gone"})
    lines = shown(overview(report("one", 4), bad))
    assert "problem: two is not ready: the broker is gone" in lines


def test_flows_partitions_and_workers_are_there():
    """Each flow has its rate and its count, each partition its worker, each worker its state."""
    deployment = Deployment(0)
    for at in (0, 4):
        served: dict[int | str, float] = {0: 0.1, 1: 0.1, 3: 0.1}
        counts = {flow(): 100 * at, flow("slack", queue="vip"): 3 * at}
        deployment.add(report("one", at, counts, served=served), at)
    lines = shown(deployment.overview(4, AT))
    (telegram,) = [line.split() for line in lines if line.startswith("telegram")]
    assert telegram == ["telegram", "stranger", "base", "m", "100", "400"]
    assert [line.split()[3] for line in lines if line.startswith("slack")] == ["vip"]
    assert "partitions  one 0-1 3; nothing yet from 2" in lines
    (one,) = [line.split() for line in lines if line.startswith("one")]
    assert one[:3] == ["one", "ready", "103"]


# ---- the command


@contextmanager
def console(answer: bytes, status: int = 200, token: str | None = None) -> Iterator[str]:
    """Serve an answer as `/api/overview`, to who has the token; yields the console's URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            authorized = token is None or self.headers["Authorization"] == f"Bearer {token}"
            found = self.path == "/api/overview"
            self.send_response(401 if not authorized else status if found else 404)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer if authorized else b"")

        def log_message(self, *_: object) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def top(monkeypatch, capsys):
    """Runs `pointsman top`; returns exit code, output and errors."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pointsman", "top", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


def as_body(seen: Overview) -> bytes:
    return json.dumps(seen.to_json()).encode()


def test_a_console_is_asked(top):
    """With --http the picture and the document are what a worker's console says."""
    seen = overview(report("one", 4, {flow(): 3}))
    with console(as_body(seen)) as url:
        code, out, err = top(f"--http={url}/", "--once", "--format=json")
        assert (code, err) == (0, "")
        assert json.loads(out) == seen.to_json()
        code, out, err = top(f"--http={url}")  # a pipe
        assert (code, err) == (0, "")
        assert "all is well" in out


def test_a_problem_is_a_finding(top):
    """The exit code says whether something is wrong, and a line whether nobody is there."""
    with console(as_body(overview(report("one", 4, state={"ready": False})))) as url:
        assert top(f"--http={url}", "--once")[0] == 1
    with console(as_body(overview())) as url:
        code, _, err = top(f"--http={url}", "--once")
        assert (code, err.count("\n")) == (1, 1)
        assert "no worker is heard" in err


def test_a_token_is_sent_and_never_told(top, tmp_path, monkeypatch):
    """The token in a file opens the console; one that is missing, or none, is told without it."""
    seen = overview(report("one", 4))
    file = tmp_path / "token"
    file.write_text("canary-token\n")
    with console(as_body(seen), token="canary-token") as url:
        code, _, err = top(f"--http={url}", "--once")
        assert code == 3
        assert "console_token_file" in err
        assert top(f"--http={url}", "--once", f"--console-token-file={file}")[0] == 0
        monkeypatch.setenv("POINTSMAN_CONSOLE_TOKEN_FILE", str(file))
        assert top(f"--http={url}", "--once")[0] == 0
        file.write_text("canary-token\ncanary: canary")
        code, _, err = top(f"--http={url}", "--once")
        assert (code, err.count("\n"), "canary" in err) == (2, 1, False)
        file.unlink()
        assert top(f"--http={url}", "--once")[0] == 2


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (b"{}", 200, "is no overview"),
        (b"[" * 100_000, 200, "is no overview"),
        (b"", 302, "answers 302"),
        (b"", 500, "answers 500"),
    ],
)
def test_what_is_no_console_is_told(top, answer, status, said):
    """Any other answer is one line and exit code 3, and a redirection is not followed."""
    with console(answer, status) as url:
        code, out, err = top(f"--http={url}", "--once")
    assert (code, out) == (3, "")
    assert said in err


@pytest.mark.parametrize("url", ["localhost:8080", "file:///etc/passwd", "http://u:canary@h/", "x"])
def test_what_is_no_url_is_a_usage_error(top, url):
    """Only an http or https URL is asked, and none with a user in it, which is not quoted."""
    code, _, err = top(f"--http={url}")
    assert code == 2
    assert "canary" not in err


def test_settings_of_a_broker_are_not_for_a_console(top):
    """Both at once would leave one of them without effect."""
    assert top("--http=http://127.0.0.1:1", "--prefix=x.")[0] == 2


def test_a_broker_that_is_not_there_is_one_line(top, tmp_path):
    """Exit code 3 and why, at once, instead of an empty picture."""
    table = tmp_path / "pointsman.yaml"
    table.write_text("model: m")
    code, out, err = top(f"--config={table}", "--amqp-url=amqp://127.0.0.1:1/", "--format=json")
    assert (code, out, err.count("\n")) == (3, "", 1)
