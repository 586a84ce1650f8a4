"""Quantiles of what was counted in buckets."""

from bisect import bisect_left
from collections.abc import Sequence


def quantile(share: float, bounds: Sequence[float], counts: Sequence[int]) -> float | None:
    """Return what `share` of the observations are at most, None without any.

    `counts` are cumulative, one per bound and one of all. Within a bucket they count as spread
    evenly; beyond the last bound it is the answer.
    """
    total = counts[-1]
    if total == 0 or not bounds:
        return None
    wanted = share * total
    place = bisect_left(counts, wanted)
    if place >= len(bounds):
        return bounds[-1]
    low = bounds[place - 1] if place else 0.0
    before = counts[place - 1] if place else 0
    within = counts[place] - before
    return low + (bounds[place] - low) * ((wanted - before) / within if within else 1.0)
