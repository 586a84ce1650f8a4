"""`python -m tests.campaign.launcher MUTATION run …`: pointsman, broken in memory, or observed."""

import asyncio
import gc
import json
import signal
import sys
from collections import deque

from tests.campaign.mutation import MUTATIONS
from worker.cli.app import main

_LARGE = 1000


def observed() -> None:
    """Have SIGRTMIN, which workers leave alone, write how many tasks there are, and what is large."""
    signal.signal(signal.SIGRTMIN, _tell)


def _tell(_number: int, _frame: object) -> None:
    found = [each for each in gc.get_objects() if isinstance(each, list | dict | set | deque)]
    sizes = sorted((len(each), type(each).__name__) for each in found if len(each) > _LARGE)
    line = {
        "event": "observation",
        "tasks": len(asyncio.all_tasks()),
        "large": [f"{name} of {size}" for size, name in reversed(sizes)],
    }
    sys.stderr.write(f"{json.dumps(line)}\n")
    sys.stderr.flush()


{**MUTATIONS, "observed": observed}[sys.argv.pop(1)]()
main()
