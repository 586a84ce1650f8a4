"""What happens in a trial and when: all of it drawn from one number."""

import random
from collections.abc import Collection
from dataclasses import dataclass

from tests.campaign.fault import KINDS
from tests.campaign.stage import Kind

_CLUSTERS = 0.12
_OBSERVED = 0.3


@dataclass(frozen=True, slots=True)
class Event:
    """A fault to come: when, in seconds from the start, and the seed of its own choices."""

    at: float
    kind: str
    seed: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """One trial before it happens."""

    seed: int
    kinds: list[str] | None
    """The kinds of faults it was limited to."""
    observed: bool
    """Whether the tasks of the workers are counted, which takes a launcher of our own."""
    seconds: float
    nodes: int
    workers: int
    conversations: int
    backlog: int
    settings: dict[str, str]
    events: tuple[Event, ...]


def draw(
    seed: int,
    *,
    seconds: float = 20.0,
    kinds: Collection[str] | None = None,
    nodes: int | None = None,
) -> Schedule:
    """Return the schedule of a seed; `kinds` limits the faults to these, `nodes` is 1 or 3."""
    rng = random.Random(f"schedule {seed}")
    drawn_nodes = 3 if rng.random() < _CLUSTERS else 1
    nodes = nodes or drawn_nodes
    possible = [
        kind
        for kind in KINDS.values()
        if (kinds is None or kind.name in kinds) and kind.clustered in (None, nodes > 1)
    ]
    settings = {
        "partitions": rng.choice(("1", "4", "8", "8")),
        "prefetch": rng.choice(("10", "50", "100", "100")),
        "lane_deadline": rng.choice(("60s", "60s", "3s")),
        "turns_single_active": "true",
        "turns_max_length": "400",
        "publish_timeout": rng.choice(("10s", "10s", "2s")),
        "auth_timeout": "5s",
        "watchdog": "8s",
    }
    return Schedule(
        seed=seed,
        kinds=None if kinds is None else sorted(kinds),
        observed=rng.random() < _OBSERVED,
        seconds=seconds,
        nodes=nodes,
        workers=rng.choice((1, 2, 2, 3)),
        conversations=rng.choice((200, 300, 500)),
        backlog=rng.choice((800, 1500)),
        settings=settings,
        events=_events(rng, possible, seconds),
    )


def _events(rng: random.Random, kinds: list[Kind], seconds: float) -> tuple[Event, ...]:
    """Return faults at random times, or, now and then, one well after the other."""
    if not kinds:
        return ()
    alone = rng.random() < 0.3
    count = max(1, round(seconds / 7)) if alone else rng.randint(2, max(3, round(seconds / 3)))
    times = sorted(rng.uniform(0.0, seconds) for _ in range(count))
    if alone:
        times = [seconds * number / count for number in range(count)]
    chosen = rng.choices(kinds, weights=[kind.weight for kind in kinds], k=count)
    return tuple(
        Event(at, kind.name, rng.randrange(2**32)) for at, kind in zip(times, chosen, strict=True)
    )
