"""The demo's pictures, as text."""

import pytest
from rich.console import Console

from worker.bars import bar, sparkline
from worker.demo.flow import Flow
from worker.demo.ledger import MessageKey
from worker.demo.scene import Scene
from worker.demo.verdict import judge
from worker.demo.view import live_view, progress_line, summary

START = 1000.0


@pytest.fixture
def scene():
    """Ten seconds of a feed: two turns of the owner, one of a stranger, one dead letter."""
    scene = Scene("a broker on 127.0.0.1:1", 2, Flow("demo-1."), started=START)
    scene.phase = "feeding"
    for number, kind in enumerate(("owner", "owner", "stranger", None)):
        key = MessageKey("telegram", str(number))
        scene.ledger.record_fed(key)
        scene.feeding.count(START + 8)
        if kind is None:
            scene.ledger.record_dead(key, "expired")
            continue
        scene.ledger.record_job(key, "c", "my-model", number)
        scene.flow.record(
            {
                "event": "delivery",
                "outcome": "accepted",
                "platform": "telegram",
                "source_kind": kind,
                "route": "by_source.owner" if kind == "owner" else "base",
                "queue": "demo-1.turns.my-model",
                "ms": 1.25,
            }
        )
    return scene


def text(renderable, width=100):
    console = Console(width=width, color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_the_live_view_shows_every_track(scene):
    """Each way from platform to model queue has a line with its turns; a platform stands once."""
    lines = [line.split() for line in text(live_view(scene, START + 10)).splitlines()]
    rows = [line[:5] for line in lines if "turns.my-model" in line]
    assert rows[0][:5] == ["telegram", "owner", "by_source.owner", "turns.my-model", "2"]
    assert rows[1][:4] == ["stranger", "base", "turns.my-model", "1"]


def test_the_live_view_shows_the_figures(scene):
    """Broker, workers, time, dead letters by reason, latency and order are there."""
    shown = text(live_view(scene, START + 70))
    for part in (
        "01:10  feeding",
        "2 workers, a broker on 127.0.0.1:1",
        "expired 1",
        "p50 1.2 ms, p99 1.2 ms",
        "out of order 0",
    ):
        assert part in shown


def test_the_live_view_shows_what_the_worker_warns_of(scene):
    """The worker's last warning is in the picture."""
    scene.flow.record({"event": "broker lost", "level": "warning", "why": "gone"})
    assert "worker: broker lost: gone" in text(live_view(scene, START + 10))


def test_the_live_view_fits_an_ordinary_terminal(scene):
    """Nothing of a track is cut off at 80 columns."""
    shown = text(live_view(scene, START + 10), width=80)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_progress_line_is_one_plain_line(scene):
    """Without a terminal a moment is one line, with rates, counts and order."""
    assert progress_line(scene, START + 10) == (
        "   10 s  feeding: fed 4 (1/s), run 3, dead 1, repeats 0, on the way 0,"
        " p50 1.2 ms, p99 1.2 ms, out of order 0"
    )


def test_a_good_summary_says_so(scene):
    """The summary of a good run has the sum, the reasons and the word that nothing is lost."""
    shown = text(summary(scene, judge(scene.ledger)))
    assert "4 messages fed: 3 turns run, 1 dead letter, 0 repeats dropped." in shown
    assert "Dead letters: expired 1." in shown
    assert "Every message is accounted for: none lost, none out of order." in shown
    assert "Failed" not in shown


def test_a_bad_summary_says_what_failed(scene):
    """The summary of a bad run has a line per fault and does not call it good."""
    scene.ledger.record_fed(MessageKey("cli", "9"))
    shown = text(summary(scene, judge(scene.ledger, ["the worker ended unexpectedly"])))
    assert "Failed: the worker ended unexpectedly" in shown
    assert "Failed: 1 message fed and not accounted for: cli 9" in shown
    assert "Every message" not in shown


def test_nothing_yet_is_shown_as_nothing():
    """Before the first message the pictures have no figures, and nothing breaks."""
    scene = Scene("a broker", 1, Flow(), started=START)
    assert "fed 0 (0/s)" in progress_line(scene, START)
    assert "1 worker," in text(live_view(scene, START))


@pytest.mark.parametrize(
    ("count", "most", "shown"),
    [(0, 0, ""), (0, 8, ""), (8, 8, "████"), (4, 8, "██"), (1, 1000, "▏"), (5, 16, "█▎")],
)
def test_a_bar_is_as_long_as_its_share(count, most, shown):
    """A bar is in proportion, and what is not nothing can be seen."""
    assert bar(count, most, 4) == shown


def test_a_sparkline_is_as_high_as_its_counts():
    """The highest count is a full block, none is the lowest, and all of nothing is flat."""
    assert sparkline([0, 7, 3]) == "▁█▄"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def test_the_live_view_says_where_the_console_is(scene):
    """Its address is on the picture, and nothing of it where there is none."""
    assert "console" not in text(live_view(scene, START + 10))
    scene.console = "http://127.0.0.1:8080/"
    assert "console  http://127.0.0.1:8080/" in text(live_view(scene, START + 10))
