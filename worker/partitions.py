"""The partitions that a broker has."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages of a queue are ready, and how many consumers it has."""

    messages: int
    consumers: int


@dataclass(frozen=True, slots=True)
class Partitions:
    """What was found."""

    count: int
    """How many there are; while that is being changed, how many there were."""
    under_way: bool
    depths: Mapping[int, Depth]
    """By number; those that are not there are not in it."""
