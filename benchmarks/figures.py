"""What the live figures cost: counting per message, a report a second, and to sum what is heard."""

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
        reading, summing = _summing(workers)
        yield _row(f"{workers} workers, each report read", reading, a_second=workers)
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


def _summing(workers: int) -> tuple[float, float]:
    """Return the processor time to read one report, and to sum up those of so many workers."""
    deployment, said = Deployment(0.0), _reporter(100).report()
    for second in range(3):
        for number in range(workers):
            one = said.model_copy(
                update={
                    "worker": f"worker-{number}",
                    "sequence": said.sequence + second,
                    "uptime": said.uptime + second,
                }
            )
            deployment.add(one, float(second))
    body = said.encode()
    reading = microseconds(Said.decode, [(body,)] * 100)
    return reading, microseconds(deployment.overview, [(3.0, _NOW)] * 5)


def _reporter(flows: int) -> Reporter:
    readiness = Readiness("0123456789ab", 8, problem=None)
    flow = Flow("telegram", "stranger", "routes[0]", "my-model", "", "accepted", "")
    for number in range(flows):
        one = flow._replace(route=f"routes[{number}]", model=f"my-model-{number}")
        readiness.figures.flows[one] = 1000 + number
    return Reporter(Settings.load({}, {}, {}), readiness, lambda: _TABLE)


def _table() -> RoutingTable:
    rules = (f"    - {{match: {{chat_id: '{n}'}}, model: my-model-{n}}}" for n in range(100))
    loaded = load_table("\n".join(("model:", "  default: m", "  routes:", *rules)).encode(), {})
    if loaded.table is None:
        raise ValueError(str(loaded.problems))
    return loaded.table


_TABLE = _table()
