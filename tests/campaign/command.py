"""The campaign's command line."""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from tests.campaign.schedule import draw
from tests.campaign.trial import run_trial
from worker.demo.rabbitmq_installation import installed_rabbitmq


def main() -> int:
    """Run the campaign; 0 only if everything held."""
    logging.getLogger("aiormq").disabled = True  # it tells of every lost connection
    parser = argparse.ArgumentParser(prog="python -m tests.campaign")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="pointsman-campaign-"))
    installation = installed_rabbitmq()
    if installation is None:
        return 2
    schedule = draw(options.seed, seconds=options.seconds, nodes=1)
    print(schedule)
    result = asyncio.run(
        run_trial(
            schedule,
            "3.10",
            installation,
            directory,
            lambda line: print(line, file=sys.stderr),
        )
    )
    print(result.to_line(), directory)
    return 0 if result.held else 1
