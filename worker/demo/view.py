"""The demo for people: the live view, the plain progress line, and the summary at the end."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from worker.bars import bar, sparkline
from worker.demo.flow import Flow, Track
from worker.demo.scene import Scene
from worker.demo.verdict import Verdict

_KIND_STYLES = {"owner": "green", "hub_peer": "magenta", "stranger": "yellow", "cron": "blue"}
_BAR_WIDTH = 10
_HISTORY = 24


def live_view(scene: Scene, now: float) -> RenderableType:
    """Return the picture of this moment. `now` is monotonic time in seconds."""
    table, figures = tracks_table(scene.flow), _figures(scene, now)
    parts: list[RenderableType] = [_title(scene, now), Text(), table, Text(), figures]
    if scene.flow.notice:
        parts.append(Text(f"worker: {scene.flow.notice}", style="yellow", no_wrap=True))
    if scene.console:
        parts.append(Text.assemble(("console  ", "dim"), (scene.console, "cyan underline")))
    parts.append(Text("Ctrl-C stops the feed and checks the books.", style="dim"))
    return Padding(Group(*parts), (1, 1))


def progress_line(scene: Scene, now: float) -> str:
    """Return this moment as one line of plain text."""
    ledger, flow = scene.ledger, scene.flow
    return (
        f"{scene.elapsed(now):5.0f} s  {scene.phase}: fed {ledger.fed:,}"
        f" ({scene.feeding.rate(now):.0f}/s), run {ledger.jobs:,}, dead {ledger.dead.total():,},"
        f" repeats {ledger.dropped + ledger.repeats:,}, on the way {ledger.outstanding:,},"
        f" p50 {_ms(flow.latency(0.5))}, p99 {_ms(flow.latency(0.99))},"
        f" out of order {ledger.out_of_order:,}"
    )


def summary(scene: Scene, verdict: Verdict) -> RenderableType:
    """Return how it all went, once it has ended."""
    ledger, flow = scene.ledger, scene.flow
    lines: list[RenderableType] = [Text(f"{verdict.balance}.", style="bold")]
    if ledger.dead:
        lines.append(Text.assemble("Dead letters: ", _reasons(scene), "."))
    if ledger.jobs:
        latency = f"p50 {_ms(flow.latency(0.5))}, p99 {_ms(flow.latency(0.99))}"
        lines.append(Text(f"In the worker, from delivery to confirmed job: {latency}."))
    if verdict.well:
        good = "Every message is accounted for: none lost, none out of order."
        lines.append(Text(good, style="bold green"))
    lines += [Text(f"Failed: {fault}", style="bold red") for fault in verdict.faults]
    table: list[RenderableType] = [tracks_table(flow), Text()] if flow.tracks else []
    return Group(Text(), *table, *lines)


def tracks_table(flow: Flow) -> Table:
    """Return platform, source kind, route and model queue, with how many turns went that way."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("platform", "who", "route", "model queue"):
        table.add_column(heading, no_wrap=True)
    table.add_column("turns", justify="right", no_wrap=True)
    table.add_column("", width=_BAR_WIDTH, no_wrap=True)
    most = max(flow.tracks.values(), default=0)
    for platform, kind, track in _grouped(sorted(flow.tracks)):
        turns = flow.tracks[track]
        style = _KIND_STYLES.get(track.source_kind, "white")
        table.add_row(
            Text(platform, style="cyan"),
            Text(kind, style=style),
            track.route,
            Text(track.queue, style="bold"),
            f"{turns:,}",
            Text(bar(turns, most, _BAR_WIDTH), style=style),
        )
    return table


def _grouped(tracks: Sequence[Track]) -> Iterator[tuple[str, str, Track]]:
    """Each track with its platform and source kind, empty where the line above says it."""
    for platform, of_platform in groupby(tracks, key=lambda track: track.platform):
        shown_platform = platform
        for kind, of_kind in groupby(of_platform, key=lambda track: track.source_kind):
            shown_kind = kind
            for track in of_kind:
                yield shown_platform, shown_kind, track
                shown_platform = shown_kind = ""


def _title(scene: Scene, now: float) -> Text:
    minutes, seconds = divmod(int(scene.elapsed(now)), 60)
    workers = "1 worker" if scene.workers == 1 else f"{scene.workers} workers"
    return Text.assemble(
        ("pointsman demo", "bold"),
        (f"  {minutes:02}:{seconds:02}  {scene.phase}", "bold cyan"),
        (f"  {workers}, {scene.broker}", "dim"),
        no_wrap=True,
    )


def _figures(scene: Scene, now: float) -> Table:
    ledger, flow = scene.ledger, scene.flow
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for name, count, over_time in (
        ("fed", ledger.fed, scene.feeding),
        ("run", ledger.jobs, scene.running),
    ):
        spark = sparkline(over_time.last(_HISTORY, now))
        rate = f"  {over_time.rate(now):.0f}/s"
        table.add_row(name, f"{count:,}", Text.assemble((spark, "cyan"), rate))
    table.add_row("dead letters", f"{ledger.dead.total():,}", _reasons(scene))
    by_worker, by_runner = ledger.dropped, ledger.repeats
    where = f"dropped by the worker {by_worker:,}, by the runner {by_runner:,}"
    table.add_row("repeats", f"{by_worker + by_runner:,}", where)
    table.add_row("on the way", f"{ledger.outstanding:,}", _order(ledger.out_of_order))
    latency = f"p50 {_ms(flow.latency(0.5))}, p99 {_ms(flow.latency(0.99))}"
    table.add_row("latency", "", f"{latency} in the worker")
    return table


def _reasons(scene: Scene) -> Text:
    counts = sorted(scene.ledger.dead.items())
    return Text(", ".join(f"{reason} {count:,}" for reason, count in counts), style="red")


def _order(out_of_order: int) -> Text:
    style = "bold red" if out_of_order else "green"
    return Text(f"out of order {out_of_order:,}", style=style)


def _ms(latency: float | None) -> str:
    return "-" if latency is None else f"{latency:.1f} ms"
