"""The campaign's table, made from all results there are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from tests.campaign.result import Result

_COLUMNS = (
    "broker",
    "schedules",
    "held",
    "messages",
    "in doubt",
    "deliveries",
    "redelivered",
    "jobs",
    "repeats",
    "dead",
    "lost",
    "phantom",
    "reordered",
    "recovery, median",
    "worst",
)

_TIMES = (
    ("The broker is back: the next delivery", "recoveries"),
    ("A node of three was killed: the next delivery", "gaps"),
    ("The broker is silent: `/ready` says no", "notices"),
    ("Nothing is delivered any more (`watchdog: 8s`): a new connection", "awakenings"),
    ("The password was changed (`auth_timeout: 5s`): exit code 3", "exits"),
)

_BEGIN = "<!-- python -m tests.campaign table -->"
_END = "<!-- end -->"


def table(results: Sequence[Result]) -> str:
    """Return the table as Markdown: one row per broker, one for all, then the faults."""
    if not results:
        return "No results yet."
    brokers = sorted({result.broker for result in results}, key=_by_version)
    groups = {broker: [each for each in results if each.broker == broker] for broker in brokers}
    rows = [_row(broker, group) for broker, group in groups.items()]
    if len(groups) > 1:
        rows.append(_row("all", results))
    faults = Counter[str]()
    for result in results:
        faults.update(result.faults)
    said = ", ".join(f"{kind} {count}" for kind, count in sorted(faults.items()))
    lines = [_aligned(rows), "", f"Faults ({faults.total():,}): {said}."]
    clusters = sum(result.nodes > 1 for result in results)
    if clusters:
        lines += ["", f"{clusters:,} schedules ran on three nodes, the others on one."]
    forgotten = _sum(results, "runner_reconnects")
    if forgotten:
        lines += ["", f"{forgotten:,} times a broker forgot a runner's queue: it connected again."]
    times = [(said, _all(results, name)) for said, name in _TIMES]
    if any(found for _, found in times):
        lines += ["", "| | times | median | worst |", "|---|--:|--:|--:|"]
        lines += [_times_row(said, found) for said, found in times if found]
    return "\n".join(lines)


def with_table(page: str, results: Sequence[Result]) -> str:
    """Return a page with the table between its two marks."""
    before, mark, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{mark}\n{table(results)}\n{_END}{after}"


def _row(broker: str, results: Sequence[Result]) -> list[str]:
    recoveries = [each for result in results for each in result.recoveries]
    return [
        broker,
        f"{len(results):,}",
        f"{sum(result.held for result in results):,}",
        *(
            f"{_sum(results, name):,}"
            for name in ("confirmed", "in_doubt", "deliveries", "redeliveries", "jobs", "repeats")
        ),
        f"{sum(sum(result.dead.values()) for result in results):,}",
        *(f"{_sum(results, name):,}" for name in ("lost", "phantom", "reordered")),
        f"{median(recoveries):.1f} s" if recoveries else "-",
        f"{max(recoveries):.1f} s" if recoveries else "-",
    ]


def _times_row(said: str, found: Sequence[float]) -> str:
    return f"| {said} | {len(found):,} | {median(found):.1f} s | {max(found):.1f} s |"


def _all(results: Iterable[Result], name: str) -> list[float]:
    return [each for result in results for each in getattr(result, name)]


def _sum(results: Iterable[Result], name: str) -> int:
    return sum(getattr(result, name) for result in results)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    table_rows = [list(_COLUMNS), *map(list, rows)]
    widths = [max(len(row[column]) for row in table_rows) for column in range(len(_COLUMNS))]
    lines = [_line(row, widths) for row in table_rows]
    rule = "|".join(["", *("-" * (width + 1) + ":" for width in widths), ""])
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
    return f"| {' | '.join(cells)} |"


def _by_version(broker: str) -> list[int]:
    return [int(part) for part in broker.split(".")]
