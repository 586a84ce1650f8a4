"""Processor time of a call."""

import time
from collections.abc import Callable, Sequence
from statistics import median

_REPEATS = 7


def microseconds(
    call: Callable[..., object],
    arguments: Sequence[tuple[object, ...]],
    repeats: int = _REPEATS,
) -> float:
    """Return the processor time of one call, over all arguments: the median of several runs."""
    runs = []
    for _ in range(repeats):
        started = time.process_time()
        for each in arguments:
            call(*each)
        runs.append((time.process_time() - started) / len(arguments) * 1e6)
    return median(runs)
