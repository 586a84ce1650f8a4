"""The rules so far, found by a message that they may be for."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from routing.condition import Condition
from routing.context import IN_FULL
from routing.domain import axis_of
from routing.predicate import AnyOf, EndsWith, Matches, PlatformAmong, StartsWith
from routing.read_match import Match
from routing.search import Steps
from routing.witness import Witness

_UNASKED = Witness({}, {}, exact=True)

Axes = frozenset[str]
Keys = frozenset[str]
Beginning = tuple[str]
"""What a text begins with."""
Pin = str | Beginning | EndsWith | Matches


class EarlierRules:
    """Matches in their places. What a message has nothing to do with is not looked at.

    A rule stands in a room with those that want the same facts to be other than they are when
    nobody asks. In there it is pinned under every text that it asks for.
    """

    def __init__(self) -> None:
        self._rooms: dict[Axes, dict[Keys, _Room]] = {}

    def add(self, place: int, match: Match) -> None:
        wanting = [each for each in match if not _UNASKED.holds(each.key, each.predicate)]
        pins = {each.key: pins for each in wanting if (pins := _pins(each))}
        axes = frozenset(axis_of(each.key) for each in wanting)
        rooms = self._rooms.setdefault(axes, {})
        rooms.setdefault(frozenset(pins), _Room()).add(place, match, pins)

    def fulfilled(self, witness: Witness, steps: Steps) -> Iterator[tuple[int, Match]]:
        """Yield the rules that a message is for, in their order. Raises TooManySteps."""
        near: dict[int, Match] = {}
        for room in self._open_to(witness.axes):
            near.update(room.near(witness, steps))
        for place, match in sorted(near.items()) if len(near) > 1 else near.items():
            if witness.fulfils(match):
                yield place, match

    def _open_to(self, axes: Axes) -> Iterator["_Room"]:
        if 1 << len(axes) > len(self._rooms):
            for wanted, rooms in self._rooms.items():
                if wanted <= axes:
                    yield from rooms.values()
            return
        for size in range(len(axes) + 1):
            for some in combinations(axes, size):
                yield from self._rooms.get(frozenset(some), {}).values()


class _Room:
    """Rules that want something of the same axes, and have pins for the same keys."""

    def __init__(self) -> None:
        self._matches: dict[int, Match] = {}
        self._pinned: dict[str, dict[Pin, set[int]]] = {}
        self._patterns: dict[str, dict[EndsWith | Matches, None]] = {}
        self._lengths: dict[str, set[int]] = {}
        """How long the beginnings are that something is pinned under."""

    def add(self, place: int, match: Match, pins: Mapping[str, Iterable[Pin]]) -> None:
        self._matches[place] = match
        for key, texts in pins.items():
            pinned = self._pinned.setdefault(key, {})
            for text in texts:
                pinned.setdefault(text, set()).add(place)
                if isinstance(text, EndsWith | Matches):
                    self._patterns.setdefault(key, {})[text] = None
                elif isinstance(text, tuple):
                    self._lengths.setdefault(key, set()).add(len(text[0]))

    def near(self, witness: Witness, steps: Steps) -> Mapping[int, Match]:
        """Return what has a pin for every key that a message has a fact for."""
        if not self._pinned:
            steps.take(1 + len(self._matches))
            return self._matches
        found = []
        for key, pinned in self._pinned.items():
            lengths = self._lengths.get(key, ())
            steps.take(len(lengths))
            texts = _texts_of(witness, key, lengths)
            sets = [pinned[text] for text in texts if text in pinned]
            sets.extend(self._fitting(witness, key, steps))
            if not sets:
                steps.take()
                return {}
            found.append(sets[0] if len(sets) == 1 else set().union(*sets))
        places = min(found, key=len).intersection(*found)
        steps.take(1 + len(places))
        return {place: self._matches[place] for place in places}

    def _fitting(self, witness: Witness, key: str, steps: Steps) -> Iterator[set[int]]:
        """Yield what is pinned under patterns that a text fits; of another text, `settled` says."""
        fact = witness.facts.get(key)
        if fact is None or fact.text is None:
            return
        for pattern in self._patterns.get(key, ()):
            steps.take()
            if pattern.holds(fact.text):
                yield self._pinned[key][pattern]


def _pins(condition: Condition) -> tuple[Pin, ...]:
    """Return texts of which a message that fulfils this has one; none where none can be told."""
    match condition.predicate:
        case AnyOf(values):
            return tuple(values)
        case PlatformAmong(names, inverted=False):
            return tuple(names)
        case StartsWith(texts):
            return tuple((text,) for text in texts)
        case EndsWith() | Matches():
            return (condition.predicate,)
        case _:
            return ()


def _texts_of(witness: Witness, key: str, lengths: Collection[int]) -> Iterator[Pin]:
    fact = witness.facts.get(key)
    if fact is None:
        return
    if fact.text is not None:
        yield fact.text
        if key == IN_FULL:
            yield fact.text.partition(":")[0]
        yield from _beginnings(fact.text, lengths)
        return
    for (settled_key, predicate), holds in witness.settled.items():
        if not holds or settled_key != key:
            continue
        if isinstance(predicate, StartsWith):
            for text in predicate.texts:
                yield from _beginnings(text, lengths)
        elif isinstance(predicate, EndsWith | Matches):
            yield predicate


def _beginnings(text: str, lengths: Iterable[int]) -> Iterator[Beginning]:
    return ((text[:length],) for length in lengths if length <= len(text))
