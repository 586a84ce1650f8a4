"""The deployment as one picture of text."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from worker.bars import bar, sparkline
from worker.cli.plain import plain
from worker.cli.top_words import counted, shown_name, shown_rate, shown_span, shown_timing
from worker.overview.overview import FlowView, Overview, PartitionView, WorkerView

_KINDS = {"owner": "green", "hub_peer": "magenta", "stranger": "yellow", "cron": "blue"}
_OUTCOMES = {"dead": "red", "duplicate": "dim"}
_STATES = {"ready": "green", "draining": "yellow", "left": "dim"}
_BAR = 10
_HISTORY = 24
_MOST = 200
_LOW = 20
_FIXED = 10
"""Lines that are there whatever happens: the head, the headings, what is between them."""


def picture(overview: Overview, width: int, height: int | None) -> RenderableType:
    """Return it for so many columns and lines; None for as many lines as it takes."""
    flows, workers, reasons, rules = _shares(overview, height)
    parts: list[RenderableType] = [
        _title(overview),
        _verdict(overview),
        *_figures(overview),
        Text(),
        _flows(overview, flows, width),
    ]
    if reasons:
        parts.append(_reasons(overview))
    if rules:
        parts.append(_unhit(overview))
    parts += [_partitions(overview), Text(), _workers(overview.workers, workers)]
    return Group(*parts)


def _shares(overview: Overview, height: int | None) -> tuple[int, int, bool, bool]:
    """Return how many flows and workers fit, and whether dead letters and unhit rules do."""
    flows, workers = len(overview.flows), len(overview.workers)
    reasons, rules = bool(overview.dead), any(not rule.hits for rule in overview.rules)
    if height is None:
        return min(flows, _MOST), min(workers, _MOST), reasons, rules
    if height < _LOW:
        reasons = rules = False
    room = height - _FIXED - reasons - rules
    few = max(1, min(workers, room // 3))
    shown = max(1, min(flows, room - few))
    return shown, max(1, min(workers, room - shown)), reasons, rules


def _title(overview: Overview) -> Text:
    heard = sum(worker.state not in {"silent", "left"} for worker in overview.workers)
    tables = ", ".join(shown_name(table.digest) for table in overview.tables[:2])
    at = overview.at.astimezone(UTC).strftime("%H:%M:%S")
    return Text.assemble(
        ("pointsman top", "bold"),
        (f"  {counted(heard, 'worker')}", "bold cyan"),
        (f"  table {tables or '-'}  {at} UTC", "dim"),
        no_wrap=True,
        overflow="ellipsis",
    )


def _verdict(overview: Overview) -> Text:
    """What is wrong first, in one line."""
    if not overview.problems:
        if not overview.workers:
            return Text("listening …", style="dim")
        return Text("all is well", style="green")
    first, *others = overview.problems
    style = "bold red" if first.severity == "problem" else "bold yellow"
    more = f" (and {len(others)} more)" if others else ""
    return Text(
        f"{first.severity}: {plain(first.text)}{more}", style, overflow="ellipsis", no_wrap=True
    )


def _figures(overview: Overview) -> Iterable[RenderableType]:
    rates, totals = overview.rates, overview.totals
    points = overview.history[-_HISTORY:]
    spark = sparkline([0.0 if point is None else point.accepted for point in points])
    yield Text.assemble(
        ("accepted ", "dim"),
        (f"{shown_rate(rates.accepted)}/s", "bold"),
        f" {totals.accepted:,}  ",
        ("dead ", "dim"),
        (f"{shown_rate(rates.dead)}/s", "bold red" if rates.dead else "bold"),
        f" {totals.dead:,}  ",
        ("repeats ", "dim"),
        f"{shown_rate(rates.duplicate)}/s {totals.duplicate:,}  ",
        (spark, "cyan"),
        no_wrap=True,
        overflow="ellipsis",
    )
    yield Text.assemble(
        ("to confirm ", "dim"),
        shown_timing(overview.latency),
        ("  age ", "dim"),
        shown_timing(overview.age),
        ("  in hand ", "dim"),
        f"{totals.unsettled:,}",
        ("  held ", "dim"),
        (f"{totals.lanes_held:,}", "yellow" if totals.lanes_held else ""),
        ("  retries ", "dim"),
        f"{totals.retries:,}",
        no_wrap=True,
        overflow="ellipsis",
    )


def _flows(overview: Overview, most: int, width: int) -> Table:
    table = _table("platform", "who", "rule", "to", "/s", "total", right=("/s", "total"))
    shown = sorted(overview.flows[:most], key=_place)
    fastest = max((flow.rate for flow in shown), default=0.0)
    with_bars = width >= 100
    if with_bars:
        table.add_column("", width=_BAR, no_wrap=True)
    for flow in shown:
        style = _OUTCOMES.get(flow.outcome, "")
        row = [
            Text(shown_name(flow.platform), "cyan"),
            Text(shown_name(flow.source_kind), _KINDS.get(flow.source_kind, "")),
            Text(shown_name(flow.route) or "-"),
            Text(_destination(flow), style or "bold"),
            Text(shown_rate(flow.rate), style),
            Text(f"{flow.count:,}", style),
        ]
        if with_bars:
            row.append(Text(bar(flow.rate, fastest, _BAR), style))
        table.add_row(*row)
    if not shown:
        table.add_row(Text("nothing yet", "dim"))
    return table


def _place(flow: FlowView) -> tuple[str, ...]:
    return flow.platform, flow.source_kind, flow.route, flow.outcome, flow.model, flow.reason


def _destination(flow: FlowView) -> str:
    if flow.outcome == "dead":
        return f"dead: {shown_name(flow.reason)}"
    if flow.outcome == "duplicate":
        return "repeat"
    return shown_name(flow.queue or flow.model)


def _reasons(overview: Overview) -> Text:
    told = ", ".join(f"{shown_name(each.reason)} {each.count:,}" for each in overview.dead)
    return Text.assemble(("dead  ", "dim"), (told, "red"), no_wrap=True, overflow="ellipsis")


def _unhit(overview: Overview) -> Text:
    names = ", ".join(shown_name(rule.name) for rule in overview.rules if not rule.hits)
    return Text.assemble(("never hit  ", "dim"), names, no_wrap=True, overflow="ellipsis")


def _partitions(overview: Overview) -> Text:
    served: dict[str, list[PartitionView]] = defaultdict(list)
    for partition in overview.partitions:
        served[partition.worker or ""].append(partition)
    quiet = served.pop("", [])
    told = [f"{shown_name(worker)} {_runs(of)}" for worker, of in sorted(served.items())]
    if quiet:
        told.append(f"nothing yet from {_runs(quiet)}")
    text = "; ".join(told) or "-"
    return Text.assemble(("partitions  ", "dim"), text, no_wrap=True, overflow="ellipsis")


def _runs(partitions: Sequence[PartitionView]) -> str:
    """Return `0-3 5 web`."""
    runs: list[list[int]] = []
    for number in sorted(each.partition for each in partitions if isinstance(each.partition, int)):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    numbers = (f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
    names = (shown_name(each.partition) for each in partitions if isinstance(each.partition, str))
    return " ".join((*numbers, *names))


def _workers(workers: Sequence[WorkerView], most: int) -> Table:
    # Those with whom something is wrong are the last ones to be left out.
    shown = sorted(workers, key=lambda each: each.state in {"ready", "left"})[:most]
    head = "worker" if len(shown) == len(workers) else f"worker ({len(shown)} of {len(workers)})"
    numbers = ("/s", "in hand", "held", "parts", "up")
    table = _table(head, "state", *numbers, "table", right=numbers)
    for worker in sorted(shown, key=lambda each: each.id):
        state = worker.state.replace("_", " ")
        if worker.blocked:
            state = "blocked"
        table.add_row(
            Text(shown_name(worker.id), "bold"),
            Text(state, _STATES.get(worker.state, "red")),
            shown_rate(worker.rate),
            f"{worker.unsettled:,}",
            f"{worker.lanes_held:,}",
            f"{worker.partitions_served}/{worker.partitions_consumed}",
            shown_span(worker.uptime),
            Text(shown_name(worker.table), "dim"),
        )
    return table


def _table(*heads: str, right: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in heads:
        table.add_column(
            head, no_wrap=True, overflow="ellipsis", justify="right" if head in right else "left"
        )
    return table
