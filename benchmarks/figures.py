"""What the live figures cost: counting per message, a report a second, and to sum what is heard.

Each report has a past, as that of a worker has which runs for ten minutes or longer. Who looks
takes all of it in the first six seconds, and later no more than reads it.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.broker import Stand, stand
from benchmarks.report import Report, Row
from benchmarks.stopwatch import microseconds
from routing.load_table import load_table
from routing.table import RoutingTable
from worker.amqp.figures_outlet import FiguresOutlet
from worker.overview.deployment import Deployment
from worker.overview.history import STEP, STEPS
from worker.overview.past import IN_A_REPORT, Past
from worker.overview.report import Report as Said
from worker.overview.reporter import Reporter
from worker.pipeline.turn import Known
from worker.service.figures import Figures
from worker.service.flow import Flow
from worker.service.outcome import Outcome
from worker.service.readiness import Readiness
from worker.settings import Settings

_SENT = 300
_COUNTED = 2000
_TURNS = STEPS // IN_A_REPORT
"""Seconds until all of a past is told."""
_LATENCIES = (0.002, 0.004, 0.007, 0.02, 0.04, 0.07)
_REPEATS = 3
_SECOND = 1e6
_NOW = datetime.now(UTC)


def measure_figures(report: Report, *, partitions: int) -> None:
    """Measure and report what figures cost a worker, and those who look."""
    with stand("quorum", partitions) as place:
        report.table("figures, µs of CPU", list(_rows(place)))


def _rows(place: Stand) -> Iterator[Row]:
    yield _row("to count a message's flow", _counting())
    for flows in (4, 100):
        reporter = _reporter(flows)
        body = reporter.report().encode()
        yield _row(
            f"a report of {flows} flows ({len(body):,} bytes), made and sent",
            asyncio.run(_sending(place, reporter)),
            a_second=1,
        )
    for workers in (2, 20, 100):
        first, later, summing = _summing(workers)
        yield _row(f"{workers} workers, each report taken at first", first, a_second=workers)
        yield _row(f"{workers} workers, each report taken later", later, a_second=workers)
        yield _row(f"{workers} workers, summed up", summing, a_second=1)


def _row(what: str, cost: float, a_second: int | None = None) -> Row:
    share = f"{100 * cost * a_second / _SECOND:.2f} %" if a_second else ""
    return {"": what, "µs": cost, "of a core": share}


def _counting() -> float:
    figures, known = Figures(), Known(table="t", route="base", model="m", platform_label="telegram")

    def count() -> None:
        figures.add_flow(Flow.of(known, "stranger", Outcome.ACCEPTED, ""))

    return microseconds(count, [()] * _COUNTED)


async def _sending(place: Stand, reporter: Reporter) -> float:
    """Return the processor time of one report, from the figures until the broker has it."""
    outlet = await FiguresOutlet.open(place.url, Settings.load({}, {}, {}))
    started = time.process_time()
    for _ in range(_SENT):
        await outlet.send(reporter.report().encode())
    spent = time.process_time() - started
    await outlet.close()
    return spent / _SENT * _SECOND


def _summing(workers: int) -> tuple[float, float, float]:
    """Return the processor time of one report at first, of one later, and of summing all up."""
    reporter, past = _reporter(100), _past()
    said = reporter.report()
    bodies = [
        [_named(said, f"worker-{number}", second, past).encode() for number in range(workers)]
        for second in range(2 * _TURNS)
    ]

    def take(deployment: Deployment, first: int, end: int) -> None:
        for second in range(first, end):
            for body in bodies[second]:
                deployment.take(body, float(second))

    fresh = [(Deployment(0.0), 0, _TURNS) for _ in range(_REPEATS)]
    known = [(deployment, _TURNS, 2 * _TURNS) for deployment, *_ in fresh]
    reports = workers * _TURNS
    # Each is taken once: a report that comes again counts for nothing.
    first, later = (microseconds(take, given, repeats=1) / reports for given in (fresh, known))
    asked = [(2.0 * _TURNS, _NOW)] * 5
    return first, later, microseconds(fresh[0][0].overview, asked)


def _named(said: Said, worker: str, second: int, past: Past) -> Said:
    """Return what another worker would say, that many seconds later."""
    uptime = said.uptime + STEP * STEPS + second
    sequence = said.sequence + second
    news = {"worker": worker, "sequence": sequence, "uptime": uptime, "past": past.turn(uptime)}
    return said.model_copy(update=news)


def _reporter(flows: int) -> Reporter:
    readiness = Readiness("0123456789ab", 8, problem=None)
    flow = Flow("telegram", "stranger", "routes[0]", "my-model", "", "accepted", "")
    for number in range(flows):
        one = flow._replace(route=f"routes[{number}]", model=f"my-model-{number}")
        readiness.figures.flows[one] = 1000 + number
    return Reporter(Settings.load({}, {}, {}), readiness, lambda: _TABLE, _past())


def _past() -> Past:
    """Return ten minutes of a worker that has something to do, and dead letters of two reasons."""
    past, figures = Past(), Figures()
    for step in range(1, STEPS + 1):
        figures.deliveries[Outcome.ACCEPTED.value, ""] += 500
        figures.deliveries[Outcome.DEAD.value, "denied"] += 5
        figures.deliveries[Outcome.DEAD.value, "malformed"] += 1
        for seconds in _LATENCIES:
            figures.seconds.observe(seconds)
        past.note(figures, step * STEP)
    return past


def _table() -> RoutingTable:
    rules = (f"    - {{match: {{chat_id: '{n}'}}, model: my-model-{n}}}" for n in range(100))
    loaded = load_table("\n".join(("model:", "  default: m", "  routes:", *rules)).encode(), {})
    if loaded.table is None:
        raise ValueError(str(loaded.problems))
    return loaded.table


_TABLE = _table()
