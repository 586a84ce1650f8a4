"""Conditions taken apart: what has to hold for one to be fulfilled, or not to be."""

from collections.abc import Iterator
from typing import NamedTuple

from routing.condition import Condition
from routing.predicate import NotAll, Predicate, WithoutInstance
from routing.read_match import Match

PLATFORM = "platform"


class Claim(NamedTuple):
    """That a predicate holds of a fact, or does not. None of `NotAll` and `WithoutInstance`."""

    key: str
    predicate: Predicate
    holds: bool = True


Clause = tuple[tuple[Claim, ...], ...]
"""Ways to fulfil something: all claims of one of them have to be true."""


def fulfilled(match: Match) -> Iterator[Clause]:
    """Yield what has to be true where a match is: one of the ways of every clause."""
    for condition in match:
        key, predicate = condition.key, condition.predicate
        if isinstance(predicate, NotAll):
            yield tuple((_claim(key, each, holds=False),) for each in predicate.predicates)
        else:
            yield ((_claim(key, predicate),),)


def unfulfilled(match: Match) -> Clause:
    """Return the ways in which a match is not fulfilled: each fails one condition."""
    return tuple(_failing(condition) for condition in match)


def _failing(condition: Condition) -> tuple[Claim, ...]:
    key, predicate = condition.key, condition.predicate
    if isinstance(predicate, NotAll):
        return tuple(_claim(key, each) for each in predicate.predicates)
    return (_claim(key, predicate, holds=False),)


def _claim(key: str, predicate: Predicate, *, holds: bool = True) -> Claim:
    if isinstance(predicate, WithoutInstance):
        return Claim(PLATFORM, predicate.predicate, holds)
    return Claim(key, predicate, holds)
