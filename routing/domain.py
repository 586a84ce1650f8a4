"""What the facts of a message may be, where only some texts matter."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_FLOOR, Context, Decimal
from functools import lru_cache
from itertools import pairwise

from contracts import PlatformName, SourceKind
from routing.claim import PLATFORM
from routing.context import IN_FULL, METADATA
from routing.possible import ANOTHER, MISSING, SOME_NUMBER, Possible, another_text_for
from routing.predicate import (
    AnyOf,
    Compares,
    EndsWith,
    Matches,
    NoneOf,
    PlatformAmong,
    Predicate,
    StartsWith,
)

Facts = Mapping[str, Possible]
Asked = Mapping[str, Iterable[Predicate]]
"""Key to what is asked of it."""
Only = Mapping[str, frozenset[str]]
"""Key to the texts of which the fact has to be one."""

INSTANCE = "instance"
KIND = "source_kind"
WHOLE_NUMBERS = ("hops", "text.length", "text.words")

_BOOLEANS = dict.fromkeys(("text.simple", "has_media", "verified"), ("true", "false"))
_CLOSED = {KIND: tuple(kind.value for kind in SourceKind), **_BOOLEANS}
_NEVER_MISSING = ("purpose", "message_type")
_ANYTHING: Only = {}
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,39}", re.ASCII)
_LARGEST = Decimal(10**45)  # more than any that is written in digits
_EXACTLY = Context(prec=20_200)  # for sums of any two bounds that a table can hold
_UNNAMED = "\0"  # in no name that a table can hold

_UNASKED: Facts = {
    **dict.fromkeys(_NEVER_MISSING, ANOTHER),
    **dict.fromkeys(_BOOLEANS, Possible("false")),
    KIND: Possible(SourceKind.STRANGER.value),
    "hops": Possible("1000003"),
    "text.words": Possible("1000003"),
    "text.length": Possible("4000003"),
    PLATFORM: ANOTHER,
    IN_FULL: Possible(_UNNAMED),
}


def unasked(key: str) -> Possible:
    """Return what a fact is that nothing is asked of; all of these can be at once."""
    return _UNASKED.get(key, MISSING)


def axis_of(key: str) -> str:
    """Return what a fact varies with: the platform and its instance are one."""
    return PLATFORM if key in {INSTANCE, IN_FULL} else key


def domain(axis: str, asked: Asked, only: Only = _ANYTHING) -> tuple[Facts, ...]:
    """Return all that the facts of an axis may be, as far as these predicates can tell.

    What asks least of a message comes first. `only` are the texts that a fact has to be one of.
    """
    if axis == PLATFORM:
        return tuple(_platforms(asked, only))
    predicates = tuple(asked.get(axis, ()))
    texts = only.get(axis)
    found = _possibles(axis, predicates) if texts is None else _among(axis, sorted(texts))
    return tuple({axis: each} for each in dict.fromkeys(found))


def _possibles(key: str, predicates: tuple[Predicate, ...]) -> Iterator[Possible]:
    if key in _CLOSED:
        yield from map(Possible, _CLOSED[key])
        return
    if key in WHOLE_NUMBERS:
        yield from _whole_numbers(predicates)
        return
    if key not in _NEVER_MISSING:
        yield MISSING
    yield ANOTHER
    if key.startswith(METADATA):
        yield from map(another_text_for, _points(_bounds(predicates)))
    yield from _among(key, sorted(_texts(predicates)))


def _among(key: str, texts: Iterable[str]) -> Iterator[Possible]:
    """Yield the texts that the fact may be."""
    for text in texts:
        if key in _CLOSED:
            may_be = text in _CLOSED[key]
        elif key in WHOLE_NUMBERS:
            may_be = _WHOLE_NUMBER.fullmatch(text) is not None
        else:
            may_be = bool(text) or key.startswith(METADATA)
        if may_be:
            yield Possible(text)


def _whole_numbers(predicates: tuple[Predicate, ...]) -> Iterator[Possible]:
    named = [Decimal(text) for text in _texts(predicates) if _WHOLE_NUMBER.fullmatch(text)]
    near: set[int] = {0}
    for bound in (*_bounds(predicates), *named):
        floor = int(min(max(bound, Decimal(0)), _LARGEST).to_integral_value(ROUND_FLOOR))
        near.update((max(floor - 1, 0), floor, floor + 1, floor + 2))
    # The largest first: it differs from every number that is named.
    yield from (Possible(str(number)) for number in sorted(near, reverse=True))
    if any(isinstance(each, StartsWith | EndsWith | Matches) for each in predicates):
        yield SOME_NUMBER


def _platforms(asked: Asked, only: Only) -> Iterator[Facts]:
    full = _names_in_full(asked.get(IN_FULL, ()))
    names = {*_texts(asked.get(PLATFORM, ())), *(name.platform for name in full)}
    platforms = (None, *sorted(filter(_is_platform, only.get(PLATFORM, names))))
    for platform in platforms[1:] if PLATFORM in only else platforms:
        for instance in _instances(platform, full, asked, only):
            if instance.text is None or _fit(platform, instance.text):
                yield _together(platform, instance)


def _instances(
    platform: str | None, full: Iterable[PlatformName], asked: Asked, only: Only
) -> Iterator[Possible]:
    if INSTANCE in only:
        yield from map(Possible, sorted(only[INSTANCE]))
        return
    yield MISSING
    if INSTANCE in asked or IN_FULL in asked:
        yield ANOTHER
        own = {name.instance for name in full if name.platform == platform and name.instance}
        yield from map(Possible, sorted(_texts(asked.get(INSTANCE, ())) | own))


def _together(platform: str | None, instance: Possible) -> Facts:
    name = _UNNAMED if platform is None else platform
    rest = "" if instance == MISSING else f":{instance.text or _UNNAMED}"
    return {
        PLATFORM: ANOTHER if platform is None else Possible(platform),
        INSTANCE: instance,
        IN_FULL: Possible(name + rest),
    }


def _names_in_full(predicates: Iterable[Predicate]) -> set[PlatformName]:
    names = (each.names for each in predicates if isinstance(each, PlatformAmong))
    return {PlatformName.parse(name) for each in names for name in each}


def _is_platform(text: str) -> bool:
    return _parsed(text) == PlatformName(text)


def _fit(platform: str | None, instance: str) -> bool:
    name = PlatformName(platform or "x", instance)
    return _parsed(str(name)) == name


@lru_cache(maxsize=1024)
def _parsed(text: str) -> PlatformName | None:
    try:
        return PlatformName.parse(text)
    except ValueError:
        return None


def _texts(predicates: Iterable[Predicate]) -> set[str]:
    named = (each.values for each in predicates if isinstance(each, AnyOf | NoneOf))
    return {text for values in named for text in values}


def _bounds(predicates: Iterable[Predicate]) -> list[Decimal]:
    return [each.bound for each in predicates if isinstance(each, Compares)]


def _points(bounds: Iterable[Decimal]) -> Iterator[Decimal]:
    """Yield the bounds, and a number in each gap between them."""
    found = sorted(set(bounds))
    if found:
        yield _EXACTLY.subtract(found[0], 1)
        yield _EXACTLY.add(found[-1], 1)
    yield from found
    for low, high in pairwise(found):
        yield _EXACTLY.divide(_EXACTLY.add(low, high), 2)
