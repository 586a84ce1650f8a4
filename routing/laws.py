"""What is true of every message: which facts go with which."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from contracts import SourceKind
from routing.claim import PLATFORM, Claim, Clause
from routing.domain import KIND
from routing.people import CRON, TERMINAL, People
from routing.predicate import AnyOf, Compares, Exists, NoneOf
from routing.simplicity import USUAL, Simplicity
from routing.table import RoutingTable

_LENGTHS = ("text.words", "text.length")
_WHOLE_NUMBER = re.compile(r"\d{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Laws:
    """What a table says of its people, and what is so everywhere."""

    people: People
    simplicity: Simplicity = USUAL
    flushes: bool = False
    """Whether a `memory_flush` counts, from whomever it is: only rules that deny see it."""
    claims: bool = True
    """Whether a message may say that it is from a stranger when it is not."""

    @classmethod
    def of(cls, table: RoutingTable, *, flushes: bool = False) -> Self:
        """Return what a table that is in use says."""
        people = People(
            table.hub_platforms,
            table.spoofable_platforms,
            table.home_channels,
            table.owners,
            table.publishers,
        )
        return cls(people, table.simplicity, flushes)

    def clauses(self, keys: Iterable[str], numbers: Iterable[str] = ()) -> Iterator[Clause]:
        """Yield what holds of messages of which these facts matter.

        `numbers` are the texts that `text.words` and `text.length` are compared with.
        """
        keys = set(keys)
        if "purpose" in keys and not self.flushes:
            keys |= {KIND, PLATFORM}
            yield self._flush()
        if KIND in keys:
            keys.add("user_id")
            yield from self._kinds()
        if "user_id" in keys and self.people.spoofable_platforms:
            not_there = _is_none_of(PLATFORM, self.people.spoofable_platforms)
            yield (not_there,), (Claim("user_id", Exists(wanted=False)),)
        if "text.simple" in keys or keys.issuperset(_LENGTHS):
            yield from self._text(numbers)

    def _flush(self) -> Clause:
        # A peer may say of itself that it is a stranger, and is routed all the same.
        peers = frozenset({SourceKind.HUB_PEER.value, SourceKind.STRANGER.value})
        from_hub = Claim(PLATFORM, AnyOf(self.people.hub_platforms)), Claim(KIND, AnyOf(peers))
        return (_is_not("purpose", "memory_flush"),), from_hub

    def _kinds(self) -> Iterator[Clause]:
        """Yield where each kind comes from; a stranger, from anywhere."""
        peers = self.people.hub_platforms - {CRON}
        yield (_is_not(KIND, SourceKind.CRON.value),), (_is(PLATFORM, CRON),)
        yield (_is_not(KIND, SourceKind.HUB_PEER.value),), (Claim(PLATFORM, AnyOf(peers)),)
        yield (_is_not(KIND, SourceKind.OWNER.value),), *self._owners()
        if not self.claims:
            no_stranger = (_is_not(KIND, SourceKind.STRANGER.value),)
            known = self.people.hub_platforms | {CRON}
            yield no_stranger, (_is_none_of(PLATFORM, known),)
            for way in self._owners():
                yield no_stranger, *((claim._replace(holds=False),) for claim in way)

    def _owners(self) -> Iterator[tuple[Claim, ...]]:
        for platform in sorted(self.people.owner_platforms):
            if platform == TERMINAL:
                yield (_is(PLATFORM, TERMINAL),)
                continue
            there = (_is(PLATFORM, platform), _is("chat_type", "dm"))
            home = self.people.home_channels.get(platform)
            if home is not None and home.thread_id is not None:
                thread = _is("thread_id", home.thread_id)
                yield (*there, _is("chat_id", home.chat_id), thread)
            elif home is not None:
                yield (*there, _is("chat_id", home.chat_id))
            if ids := self.people.owners.get(platform):
                yield (*there, Claim("user_id", AnyOf(ids)))

    def _text(self, numbers: Iterable[str]) -> Iterator[Clause]:
        """Yield how long a text of some words is at least, and what a simple one has."""
        most = min(self.simplicity.max_words, (self.simplicity.max_chars + 1) // 2)
        named = {int(text) for text in numbers if _WHOLE_NUMBER.fullmatch(text)}
        for words in sorted({1, most, *named, *((length + 1) // 2 + 1 for length in named)}):
            long_enough = Claim("text.length", Compares("gte", Decimal(2 * words - 1)))
            yield (Claim("text.words", Compares("lt", Decimal(words))),), (long_enough,)
        simple = _is_not("text.simple", "true")
        yield (simple,), (Claim("text.words", Compares("gte", Decimal(1))),)
        yield (simple,), (Claim("text.words", Compares("lte", Decimal(most))),)


def _is(key: str, text: str) -> Claim:
    return Claim(key, AnyOf(frozenset({text})))


def _is_not(key: str, text: str) -> Claim:
    return _is_none_of(key, {text})


def _is_none_of(key: str, texts: Iterable[str]) -> Claim:
    return Claim(key, NoneOf(frozenset(texts)))
