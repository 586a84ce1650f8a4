"""`python -m benchmarks`, or `make bench`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.pipeline import measure_pipeline
from benchmarks.relay import measure_relay
from benchmarks.report import Report, this_machine
from benchmarks.start import measure_start


class Benchmark(StrEnum):
    """What can be measured."""

    RELAY = "relay"
    START = "start"
    PIPELINE = "pipeline"


def measure(
    which: Annotated[
        list[Benchmark] | None, typer.Argument(help="What to measure; everything if not named.")
    ] = None,
    messages: Annotated[int, typer.Option(min=100, help="Messages in a round of relay.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each of the two.")] = 3,
    memory_messages: Annotated[
        int, typer.Option(min=1, help="Messages before memory is read.")
    ] = 100_000,
    queue_type: Annotated[str, typer.Option(help="quorum or classic.")] = "quorum",
    prefetch: Annotated[int, typer.Option(min=1, help="Per partition.")] = 100,
    partitions: Annotated[int, typer.Option(min=2, help="How many.")] = 8,
    results: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Add each row as a line of JSON.")
    ] = None,
) -> None:
    """Measure on a private RabbitMQ: `relay` (beside a bare aio-pika relay), `start`, `pipeline`.

    Machines differ and are shared, so compare within one run: the ratios are what counts.

    Example:  python -m benchmarks relay --rounds 5 --json results.jsonl
    """
    wanted = which or list(Benchmark)
    report = Report(results)
    report.say(this_machine())
    if Benchmark.PIPELINE in wanted:
        measure_pipeline(report)
    if Benchmark.RELAY in wanted:
        measure_relay(
            report,
            queue_type=queue_type,
            messages=messages,
            rounds=rounds,
            prefetch=prefetch,
            partitions=partitions,
        )
    if Benchmark.START in wanted:
        measure_start(report, messages=memory_messages, rounds=rounds, partitions=partitions)


if __name__ == "__main__":
    typer.run(measure)
