"""What an open console costs: processor time of `pointsman run` with and without somebody looking.

Both in turn, in one run, as the relay is measured. Who looks reads the events as a page does, and
counts them: a round in which nothing was shown does not count.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median

from benchmarks.broker import stand
from benchmarks.relay import Round, one_round
from benchmarks.relay_process import POINTSMAN, RelayFailed
from benchmarks.report import Report
from benchmarks.sample import samples
from benchmarks.workload import Workload
from worker.demo.free_port import free_port

_REQUEST = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
_AGAIN = 0.05
_OPEN, _SHUT = "console open", "nobody looks"


def measure_console(report: Report, work: Workload) -> None:
    """Measure both in turn, in each round, and report medians and the median ratio."""
    results: dict[str, list[Round]] = {_OPEN: [], _SHUT: []}
    with stand(work.queue_type, work.partitions) as place:
        for number in range(work.rounds):
            # Whatever changes while it runs must not always favour the same one.
            for name in (_OPEN, _SHUT) if number % 2 else (_SHUT, _OPEN):
                run = f"c{number}{name[0]}"
                batch = list(samples(work.messages, run=run, conversations=work.conversations))
                port = free_port()
                looking = _looking(port) if name is _OPEN else _not_looking()
                http = f"--http=127.0.0.1:{port}"
                coming = one_round(POINTSMAN, place, batch, work.prefetch, http, beside=looking)
                results[name].append(asyncio.run(coming))
                us = results[name][-1].relay_us
                report.say(f"  round {number + 1} of {work.rounds}: {name}: {us:,.0f} µs a message")
    ratios = [a.relay_us / b.relay_us for a, b in zip(results[_OPEN], results[_SHUT], strict=True)]
    title = (
        f"console, {work.queue_type} queues, {work.messages:,} messages, median of {work.rounds}"
    )
    rows = [
        {"": name, "its CPU, µs/message": median(each.relay_us for each in found)}
        for name, found in results.items()
    ]
    report.table(title, [*rows, {"": "ratio", "its CPU, µs/message": median(ratios)}])


@asynccontextmanager
async def _not_looking() -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _looking(port: int) -> AsyncIterator[None]:
    """Read events inside the block. Raises RelayFailed behind it if there were none."""
    events: list[None] = []
    looking = asyncio.create_task(_look(port, events))
    yield
    looking.cancel()
    if not events:
        raise RelayFailed("the console has shown nothing")


async def _look(port: int, events: list[None]) -> None:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
            writer.write(_REQUEST)
            while await reader.readuntil(b"\n\n"):
                events.append(None)
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(_AGAIN)  # it has not begun to listen
