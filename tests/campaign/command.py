"""The campaign's command line."""

import argparse
import logging
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.campaign import mutants
from tests.campaign.campaign import Plan, run_campaign
from tests.campaign.elasticity import show_elasticity
from tests.campaign.fault import KINDS
from tests.campaign.progress import Progress
from tests.campaign.release import (
    VARIABLE,
    NoSuchRelease,
    choose_releases,
    default_directory,
    find_releases,
    make_releases,
)
from tests.campaign.report import table, with_table
from tests.campaign.result import read_results
from tests.campaign.soak import soak

RESULTS = Path(__file__).with_name("results") / "campaign.jsonl"

_EXAMPLES = f"""\
examples:
  python -m tests.campaign --minutes 10               ten minutes of new schedules
  python -m tests.campaign --seed 100 --schedules 60  seeds 100 to 159; those that held are skipped
  python -m tests.campaign --seed 117 --schedules 1   one of them again, if it failed (or --again)
  python -m tests.campaign --broker all --minutes 60  every RabbitMQ version there is, in turn
  python -m tests.campaign --faults 'broker killed,worker drained' --minutes 5
  python -m tests.campaign mutants                    does the campaign notice broken workers?
  python -m tests.campaign soak                       a million messages through one worker
  python -m tests.campaign elasticity --broker 4.0    1, 4, 2 workers: each one's share over time
  python -m tests.campaign brokers --make DIR         get RabbitMQ 4.0 and a later one (Debian, root)
  python -m tests.campaign table                      the table of all results so far

faults: {", ".join(KINDS)}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return 0 only if everything held."""
    options = _parser().parse_args(arguments)
    logging.getLogger("aiormq").setLevel(logging.CRITICAL + 1)  # it tells of every lost connection
    try:
        return int(options.do(options))
    except NoSuchRelease as error:
        sys.stderr.write(f"campaign: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; the same command goes on from here\n")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaign",
        description="Faults at random, real brokers, real workers: is anything lost or reordered?",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(do=_run)
    _add_run_options(parser)
    commands = parser.add_subparsers(title="also", metavar="COMMAND")
    biting = commands.add_parser("mutants", help="run broken workers; each must be caught")
    biting.add_argument("names", nargs="*", metavar="NAME", help="only these")
    biting.set_defaults(do=_run_mutants)
    soaking = commands.add_parser("soak", help="one worker, very many messages: does it grow?")
    soaking.add_argument("--messages", type=int, default=1_000_000, metavar="N")
    soaking.add_argument("--reconnects", type=int, default=200, metavar="N")
    soaking.set_defaults(do=_run_soak)
    growing = commands.add_parser("elasticity", help="1, 4, 2 workers under load: who does what")
    growing.add_argument("--held", action="store_true", help="with deliveries held in the way")
    growing.add_argument("--broker", metavar="4.0|…", help="default: the installed one")
    growing.set_defaults(do=_show_elasticity)
    making = commands.add_parser("brokers", help="list the RabbitMQ versions, or make more")
    making.add_argument("--make", type=Path, metavar="DIR", help="make newer ones in a directory")
    making.set_defaults(do=_show_brokers)
    showing = commands.add_parser("table", help="print the table of all results")
    showing.add_argument("--page", type=Path, metavar="FILE", help="also put it into this page")
    showing.set_defaults(do=_show_table)
    for command in (parser, biting, soaking, growing, making):
        command.add_argument(
            "--brokers",
            type=Path,
            metavar="DIR",
            default=default_directory(os.environ),
            help=f"where other versions are ({VARIABLE}; default %(default)s)",
        )
    for command in (parser, showing):
        command.add_argument(
            "--results", type=Path, metavar="FILE", default=RESULTS, help="default %(default)s"
        )
    return parser


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, metavar="N", help="begin no schedule after this")
    parser.add_argument("--schedules", type=int, metavar="N", help="how many, per version")
    parser.add_argument("--seed", type=int, metavar="N", help="of the first; default: random")
    parser.add_argument(
        "--broker", default=None, metavar="3.10|4.0|…|all", help="default: the installed one"
    )
    parser.add_argument(
        "--seconds", type=float, default=20.0, metavar="N", help="of each schedule; default 20"
    )
    parser.add_argument("--faults", metavar="KIND,…", help="only these kinds")
    parser.add_argument("--nodes", type=int, choices=(1, 3), help="only such clusters")
    parser.add_argument("--again", action="store_true", help="also what held before")


def _run(options: argparse.Namespace) -> int:
    releases = choose_releases(options.broker, options.brokers)
    kinds = None if options.faults is None else frozenset(options.faults.split(","))
    if kinds is not None and not kinds <= KINDS.keys():
        raise NoSuchRelease(f"no such fault: {', '.join(sorted(kinds - KINDS.keys()))}")
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    schedules = options.schedules
    if schedules is None and options.minutes is None:
        schedules = 5
    plan = Plan(
        seed=seed,
        schedules=schedules,
        minutes=options.minutes,
        seconds=options.seconds,
        kinds=kinds,
        nodes=options.nodes,
        again=options.again,
        results=options.results,
    )
    sys.stderr.write(f"seed {seed}, RabbitMQ {', '.join(each.version for each in releases)}\n")
    found = run_campaign(plan, releases, Progress())
    sys.stdout.write(f"{table(found)}\n")
    return 0 if all(result.held for result in found) else 1


def _run_mutants(options: argparse.Namespace) -> int:
    release = choose_releases(None, options.brokers)[0]
    return mutants.run_all(options.names, release, Progress())


def _run_soak(options: argparse.Namespace) -> int:
    release = choose_releases(None, options.brokers)[0]
    return soak(options.messages, options.reconnects, release, Progress())


def _show_elasticity(options: argparse.Namespace) -> int:
    release = choose_releases(options.broker, options.brokers)[0]
    return show_elasticity(release, Progress(), held=options.held)


def _show_brokers(options: argparse.Namespace) -> int:
    directory = options.make or options.brokers
    if options.make is not None:
        make_releases(directory, Progress().note)
    for version, release in find_releases(directory).items():
        root = release.installation.root
        sys.stdout.write(f"{version}  {root or 'installed'}\n")
    return 0


def _show_table(options: argparse.Namespace) -> int:
    results = read_results(options.results)
    if options.page is not None:
        options.page.write_text(with_table(options.page.read_text("utf-8"), results), "utf-8")
    sys.stdout.write(f"{table(results)}\n")
    return 0 if all(result.held for result in results) else 1
