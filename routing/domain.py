"""What the facts of a message may be, where only some texts matter."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_FLOOR, Context, Decimal
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
    as_number,
)

Facts = Mapping[str, Possible]

INSTANCE = "instance"
KIND = "source_kind"
WHOLE_NUMBERS = ("hops", "text.length", "text.words")

_BOOLEANS = dict.fromkeys(("text.simple", "has_media", "verified"), ("true", "false"))
_CLOSED = {KIND: tuple(kind.value for kind in SourceKind), **_BOOLEANS}
_NEVER_MISSING = ("purpose", "message_type")
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


def domain(axis: str, asked: Mapping[str, Iterable[Predicate]]) -> tuple[Facts, ...]:
    """Return all that the facts of an axis may be, as far as these predicates can tell.

    `asked` is by key. What asks least of a message comes first.
    """
    if axis == PLATFORM:
        return tuple(_platforms(asked))
    predicates = tuple(asked.get(axis, ()))
    return tuple({axis: each} for each in dict.fromkeys(_possibles(axis, predicates)))


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
    for text in sorted(_texts(predicates)):
        if text or key.startswith(METADATA):
            yield Possible(text)


def _whole_numbers(predicates: tuple[Predicate, ...]) -> Iterator[Possible]:
    named = [as_number(text) for text in _texts(predicates) if text.isdecimal()]
    near: set[int] = {0}
    for bound in (*_bounds(predicates), *(number for number in named if number is not None)):
        floor = int(min(max(bound, Decimal(0)), _LARGEST).to_integral_value(ROUND_FLOOR))
        near.update((max(floor - 1, 0), floor, floor + 1, floor + 2))
    # The largest first: it differs from every number that is named.
    yield from (Possible(str(number)) for number in sorted(near, reverse=True))
    if any(isinstance(each, StartsWith | EndsWith | Matches) for each in predicates):
        yield SOME_NUMBER


def _platforms(asked: Mapping[str, Iterable[Predicate]]) -> Iterator[Facts]:
    full = _names_in_full(asked.get(IN_FULL, ()))
    platforms = {*_texts(asked.get(PLATFORM, ())), *(name.platform for name in full)}
    instances = _texts(asked.get(INSTANCE, ()))
    for platform in (None, *sorted(filter(_is_platform, platforms))):
        own = {name.instance for name in full if name.platform == platform and name.instance}
        for instance in (MISSING, ANOTHER, *map(Possible, sorted(instances | own))):
            if not instance.text or _fit(platform, instance.text):
                yield _together(platform, instance)


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
