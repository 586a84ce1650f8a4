"""`pointsman demo`, for real: it ends by itself or when asked, and leaves nothing behind."""

import json
import os
import pty
import re
import signal
import socket
import urllib.request

import pytest

from tests.acceptance.demo_run import POINTSMAN, DemoRun
from tests.broker.service import wait_until

pytestmark = pytest.mark.broker

GOOD = "Every message is accounted for: none lost, none out of order."
FIRST_FED = "feeding: fed"


def leftovers(broker):
    """The queues and exchanges of a demo that are still on the broker."""
    queues = broker.rabbitmqctl("list_queues", "name").split()
    exchanges = broker.rabbitmqctl("list_exchanges", "name").split()
    return [name for name in (*queues, *exchanges) if name.startswith("demo-")]


@pytest.fixture(scope="module")
def finished(installation):
    """A demo of eight seconds on a broker that it found itself; it has ended with exit code 0."""
    with DemoRun("--seconds", "8") as demo:
        assert demo.finish() == 0, demo.output
        return demo


def test_it_ends_by_itself_with_every_message_accounted_for(finished):
    """After its seconds the demo closes the books, says that they balance, and its sum is right."""
    assert GOOD in finished.output
    assert "Failed" not in finished.output
    sums = re.search(
        r"(\d+) messages fed: (\d+) turns run, (\d+) dead letters, (\d+) repeats dropped",
        finished.output,
    )
    assert sums
    fed, *became = map(int, sums.groups())
    assert fed == sum(became)
    assert min(became) > 0


def test_it_shows_the_way_of_the_messages(finished):
    """Every platform and every model of the example table has a track in the summary."""
    summary = finished.output.partition("model queue")[2]
    for platform in ("cli", "cron", "discord", "hub", "slack", "telegram"):
        assert re.search(rf"(?m)^{platform} ", summary), platform
    for model in ("fast", "strong", "small", "peer", "code"):
        assert f"turns.my-{model}-model" in summary


def test_it_shows_why_letters_are_dead(finished):
    """The summary counts dead letters by reason, a runner's rejections among them."""
    (line,) = re.findall(r"(?m)^Dead letters: (.*)\.$", finished.output)
    reasons = {part.split()[0] for part in line.split(", ")}
    assert reasons == {"expired", "loop", "malformed", "platform_mismatch", "runner_rejected"}


def test_it_says_which_broker_it_uses_and_ends_it(finished):
    """The private broker is named in one line, and nothing answers there afterwards."""
    (port,) = re.findall(r"Using a private RabbitMQ node on 127\.0\.0\.1:(\d+)\.", finished.output)
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", int(port))) != 0


def test_it_serves_the_console(broker):
    """The address that it prints is that of a console which hears all of its workers."""
    with DemoRun("--workers", "2", url=broker.url()) as demo:
        demo.wait_for(FIRST_FED)
        (address,) = re.findall(r"(?m)^The console: (http://127\.0\.0\.1:\d+/)$", demo.output)

        def heard():
            with urllib.request.urlopen(f"{address}api/overview") as answer:
                workers = json.load(answer)["workers"]
            return {worker["id"] for worker in workers} == {"demo-1", "demo-2"}

        wait_until(heard, "both workers are heard")
        demo.send(signal.SIGINT)
        assert demo.finish() == 0, demo.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_in_order_when_asked(broker, number):
    """Ctrl-C, SIGTERM and SIGHUP do what the end of the time does; a named broker is left clean."""
    with DemoRun(url=broker.url()) as demo:
        demo.wait_for(FIRST_FED)
        assert leftovers(broker)  # or else the check below would find nothing whatever happened
        demo.send(number)
        assert demo.finish() == 0, demo.output
    assert GOOD in demo.output
    assert not leftovers(broker)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_broker_of_its_own_goes_with_it(installation, tmp_path, monkeypatch, number):
    """Also while the private broker still starts, being ended takes its directory away."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with DemoRun() as demo:
        wait_until(lambda: list(tmp_path.glob("pointsman-broker-*/output")), "its broker starts")
        demo.send(number)
        assert demo.finish() == 0, demo.output
    assert "Traceback" not in demo.output
    assert not list(tmp_path.iterdir())


def test_two_workers_share_the_work(broker):
    """With two workers every message is accounted for as well."""
    with DemoRun("--seconds", "3", "--workers", "2", url=broker.url()) as demo:
        assert demo.finish() == 0, demo.output
    assert GOOD in demo.output


def test_a_second_interrupt_ends_it_at_once(broker):
    """A second Ctrl-C does not wait for the books; the demo fails, and still cleans up."""
    with DemoRun(url=broker.url()) as demo:
        demo.wait_for(FIRST_FED)
        runner = demo.child("runner.py")
        os.kill(runner, signal.SIGSTOP)  # so that the books cannot be closed in between
        demo.wait_for("on the way [1-9]")
        demo.send(signal.SIGINT)
        demo.wait_for("settling")
        demo.send(signal.SIGINT)
        assert demo.finish() == 1, demo.output
    assert "ended before the books were closed" in demo.output
    assert not leftovers(broker)


def test_a_dead_worker_fails_the_demo(broker):
    """A worker that dies is told with how it ended and what it said last, exit code 1."""
    with DemoRun(url=broker.url()) as demo:
        demo.wait_for(FIRST_FED)
        os.kill(demo.child("worker.cli"), signal.SIGKILL)
        assert demo.finish() == 1, demo.output
    assert "the worker ended unexpectedly (signal 9); its last lines:" in demo.output
    assert GOOD not in demo.output
    assert not leftovers(broker)


def test_it_feeds_what_a_table_of_the_users_own_knows(broker, tmp_path):
    """With another table only platforms that it knows are fed, and those it does not are named."""
    table = tmp_path / "mine.yaml"
    table.write_text("model: only-model\nplatforms: { telegram: {} }\n", encoding="utf-8")
    with DemoRun("--seconds", "2", "--config", str(table), url=broker.url()) as demo:
        assert demo.finish() == 0, demo.output
    assert "has no in.discord, in.slack: not fed." in demo.output
    assert "turns.only-model" in demo.output


def test_no_broker_is_one_line():
    """A named broker that does not answer is one line without the password, exit code 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"amqp://somebody:canary-password@127.0.0.1:{taken.getsockname()[1]}/"
    with DemoRun(url=url) as demo:
        assert demo.finish() == 3, demo.output
    assert len(demo.lines) == 1
    assert "canary-password" not in demo.output


def test_refused_credentials_are_one_line(broker):
    """A broker that does not let us in ends the demo at once with exit code 3."""
    url = broker.url().replace("guest:guest", "guest:canary-password")
    with DemoRun(url=url) as demo:
        assert demo.finish() == 3, demo.output
    assert "canary-password" not in demo.output
    assert "Traceback" not in demo.output


def test_on_a_terminal_it_is_live(broker):
    """On a terminal the picture is drawn again and again, and the summary stays at the end."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(POINTSMAN_AMQP_URL=broker.url(), TERM="xterm-256color")
        os.execv(POINTSMAN, [POINTSMAN, "demo", "--seconds", "2"])
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # how the end of a terminal is told
            break
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    text = shown.decode()
    assert os.waitstatus_to_exitcode(status) == 0, text
    assert text.count("pointsman demo") > 5
    assert text.rpartition("pointsman demo")[2].count(GOOD) == 1
    assert not leftovers(broker)
