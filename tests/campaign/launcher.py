"""`python -m tests.campaign.launcher MUTATION run …`: pointsman, broken in memory, or observed."""

import asyncio
import json
import signal
import sys

from tests.campaign.mutation import MUTATIONS
from worker.cli.app import main


def observed() -> None:
    """Have SIGUSR1 write the number of tasks to the log."""
    signal.signal(signal.SIGUSR1, _tell)


def _tell(_number: int, _frame: object) -> None:
    line = json.dumps({"event": "observation", "tasks": len(asyncio.all_tasks())})
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


{**MUTATIONS, "observed": observed}[sys.argv.pop(1)]()
main()
