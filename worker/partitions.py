"""Queues that workers consume, and what is in them."""

from collections.abc import Mapping
from dataclasses import dataclass

Partition = int | str
"""Names a queue that workers consume: N is `inbound.N`, a platform its own, `inbound@PLATFORM`."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages of a queue are ready, and how many consumers it has."""

    messages: int
    consumers: int


@dataclass(frozen=True, slots=True)
class Partitions:
    """The partitions that a broker has; queues of isolated platforms are none of them."""

    count: int
    """How many there are; while that is being changed, how many there were."""
    under_way: bool
    depths: Mapping[int, Depth]
    """By number; those that are not there are not in it."""
