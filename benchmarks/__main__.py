"""The command: `python -m benchmarks [NAME…]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.console import measure_console
from benchmarks.decisions import measure_decisions
from benchmarks.disk import measure_disk
from benchmarks.figures import measure_figures
from benchmarks.flood import PromiseBroken, measure_flood
from benchmarks.pipeline import measure_pipeline
from benchmarks.relay import measure_relay
from benchmarks.relay_process import RelayFailed
from benchmarks.reload import measure_reload
from benchmarks.report import Report, this_machine
from benchmarks.restart import measure_restart
from benchmarks.start import measure_start
from benchmarks.traffic import Miscounted
from benchmarks.workload import Workload
from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.rabbitmq_installation import RabbitmqInstallation

_EXAMPLES = """\
examples:
  python -m benchmarks                          everything; about twenty minutes
  python -m benchmarks pipeline                 no broker needed; under a minute
  python -m benchmarks relay --quick            is it still about as fast? one minute
  python -m benchmarks relay --queue-type both --rounds 7 --json figures.jsonl
  python -m benchmarks relay --conversations 500    fewer lanes, each longer
  python -m benchmarks flood --seconds 120      a hostile feeder beside a normal one; twelve minutes
  python -m benchmarks restart --root /srv/trixie   with the RabbitMQ of another Debian in there
  make bench ARGS="start --rounds 9"            the same, by make

The relay is measured on a private RabbitMQ node of its own. Processor time is good to a tenth or
so, messages per second swing with whatever else the machine does: compare within one run, by ratio.
"""

_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
_MESSAGES_A_SECOND = 100.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks asked for; 1 if one does not count, 3 if there is no broker."""
    options = _parser().parse_args(arguments)
    report = Report(options.json)
    report.say(this_machine())
    try:
        for name in options.names or list(_BENCHMARKS):
            _BENCHMARKS[name](report, options)
    except (Miscounted, PromiseBroken, RelayFailed) as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    except BrokerUnavailable as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 3
    except KeyboardInterrupt:
        return 130
    return 0


def _pipeline(report: Report, _options: argparse.Namespace) -> None:
    measure_pipeline(report)


def _decisions(report: Report, _options: argparse.Namespace) -> None:
    measure_decisions(report)


def _figures(report: Report, options: argparse.Namespace) -> None:
    measure_figures(report, partitions=options.partitions)


def _start(report: Report, options: argparse.Namespace) -> None:
    for queue_type in _queue_types(options):
        measure_start(
            report,
            queue_type=queue_type,
            rounds=2 if options.quick else options.rounds,
            messages=5_000 if options.quick else 100_000,
            prefetch=options.prefetch,
            partitions=options.partitions,
        )


def _reload(report: Report, options: argparse.Namespace) -> None:
    for queue_type in _queue_types(options):
        measure_reload(
            report,
            queue_type=queue_type,
            rounds=2 if options.quick else options.rounds,
            prefetch=options.prefetch,
            partitions=options.partitions,
        )


def _relay(report: Report, options: argparse.Namespace) -> None:
    for queue_type in _queue_types(options):
        measure_relay(report, _workload(options, queue_type))


def _console(report: Report, options: argparse.Namespace) -> None:
    measure_console(report, _workload(options, _queue_types(options)[0]))


def _workload(options: argparse.Namespace, queue_type: str) -> Workload:
    return Workload(
        queue_type=queue_type,
        messages=5_000 if options.quick else options.messages,
        rounds=2 if options.quick else options.rounds,
        conversations=options.conversations,
        prefetch=options.prefetch,
        partitions=options.partitions,
    )


def _flood(report: Report, options: argparse.Namespace) -> None:
    for queue_type in _queue_types(options):
        measure_flood(
            report,
            queue_type=queue_type,
            seconds=10 if options.quick else options.seconds,
            partitions=options.partitions,
        )


def _restart(report: Report, options: argparse.Namespace) -> None:
    for queue_type in _queue_types(options):
        measure_restart(
            report,
            queue_type=queue_type,
            partitions=options.partitions,
            rate=_MESSAGES_A_SECOND,
            installation=_other_broker(options),
        )


def _disk(report: Report, options: argparse.Namespace) -> None:
    messages = 2_000 if options.quick else 40_000
    measure_disk(report, messages=messages, installation=_other_broker(options))


def _other_broker(options: argparse.Namespace) -> RabbitmqInstallation | None:
    return RabbitmqInstallation(_SCRIPTS, options.root) if options.root else None


_BENCHMARKS: dict[str, Callable[[Report, argparse.Namespace], None]] = {
    "pipeline": _pipeline,
    "decisions": _decisions,
    "figures": _figures,
    "start": _start,
    "reload": _reload,
    "relay": _relay,
    "console": _console,
    "flood": _flood,
    "restart": _restart,
    "disk": _disk,
}


def _queue_types(options: argparse.Namespace) -> tuple[str, ...]:
    return ("quorum", "classic") if options.queue_type == "both" else (options.queue_type,)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Pointsman: the pure pipeline, deciding, live figures, starting and"
        " memory, changing the table, a flood, restarts, the broker's disk, and `pointsman run`"
        " beside a bare aio-pika relay that does the same publishing, confirming and acking.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "names",
        nargs="*",
        metavar="NAME",
        type=_name,
        help=f"which: {', '.join(_BENCHMARKS)} (all of them)",
    )
    add("--rounds", type=_count, default=5, help="rounds, of which the median counts (5)")
    add("--messages", type=_count, default=20_000, help="messages in a round of the relay (20000)")
    add("--conversations", type=_count, default=5_000, help="how many they belong to (5000)")
    add("--queue-type", choices=("quorum", "classic", "both"), default="quorum", help="(quorum)")
    add("--partitions", type=_count, default=8, help="inbound queues of the relay (8)")
    add("--prefetch", type=_count, default=100, help="unsettled deliveries per partition (100)")
    add("--seconds", type=_count, default=120, help="how long a flood lasts (120)")
    add(
        "--root",
        type=Path,
        help="another root file system, with the RabbitMQ to use (restart, disk)",
    )
    add("--quick", action="store_true", help="few messages and two rounds: a look, not a figure")
    add("--json", type=Path, metavar="FILE", help="also add every row to FILE as a line of JSON")
    return parser


def _name(text: str) -> str:
    if text not in _BENCHMARKS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(_BENCHMARKS)}")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
