"""What is true of every message: which facts go with which."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from contracts import SourceKind
from routing.claim import PLATFORM, Claim, Clause
from routing.domain import KIND, Facts
from routing.people import CRON, TERMINAL, People
from routing.possible import Possible
from routing.predicate import AnyOf, Exists, NoneOf
from routing.simplicity import USUAL, Simplicity
from routing.table import RoutingTable
from routing.text_size import SIZES, size_clauses

_VOUCHED = frozenset({"verified", "publisher"})


@dataclass(frozen=True, slots=True)
class Laws:
    """What a table says of its people, and what is so everywhere."""

    people: People
    simplicity: Simplicity = USUAL
    flushes: bool = False
    """Whether a `memory_flush` counts, from whomever it is: only rules that deny see it."""
    peers_flush: bool = True
    """Whether a hub peer's `memory_flush` counts where others' do: it is routed like a turn."""
    claims: bool = True
    """Whether a message may say that it is from a stranger when it is not."""

    @classmethod
    def of(cls, table: RoutingTable, *, flushes: bool = False, peers_flush: bool = True) -> Self:
        """Return what a table that is in use says."""
        people = People(
            table.hub_platforms,
            table.spoofable_platforms,
            table.home_channels,
            table.owners,
            table.publishers,
            signing_keys=table.signing_keys,
        )
        return cls(people, table.simplicity, flushes, peers_flush)

    def clauses(
        self,
        keys: Iterable[str],
        words: Iterable[int] = (),
        platforms: frozenset[str] | None = None,
    ) -> Iterator[Clause]:
        """Yield what holds of messages of which these facts matter.

        `words` are the numbers of words from which on something else is asked; `platforms` are
        all that the message may be from, None where it may be any.
        """
        keys = set(keys)
        if "purpose" in keys and not self.flushes:
            keys |= {KIND, PLATFORM}
            yield self._flush()
        elif "purpose" in keys and not self.peers_flush:
            keys.add(PLATFORM)
            not_a_peers = _is_none_of(PLATFORM, self.people.hub_platforms - {CRON})
            yield (_is_not("purpose", "memory_flush"),), (not_a_peers,)
        if KIND in keys:
            keys.add("user_id")
            yield from self._kinds(platforms)
        if "user_id" in keys and self.people.forgeable:
            not_there = _is_none_of(PLATFORM, self.people.forgeable)
            yield (not_there,), (Claim("user_id", Exists(wanted=False)),)
        if keys & _VOUCHED:
            yield from self._publishers(platforms)
        if "text.simple" in keys or keys.issuperset(SIZES):
            yield from size_clauses(self.simplicity, words)

    def implied(self, facts: Facts) -> Facts:
        """Return what a message from its platform is besides, where nothing was asked of that."""
        fact = facts.get(PLATFORM)
        platform = (fact and fact.text) or ""
        vouched: dict[str, Possible] = {}
        if platform in self.people.vouched_for:
            vouched["verified"] = Possible("true")
        if users := self.people.publishers.get(platform):
            vouched["publisher"] = Possible(min(users))
        return {key: fact for key, fact in vouched.items() if key not in facts}

    def _flush(self) -> Clause:
        # A peer may say of itself that it is a stranger, and is routed all the same.
        peers = frozenset({SourceKind.HUB_PEER.value, SourceKind.STRANGER.value})
        from_hub = Claim(PLATFORM, AnyOf(self.people.hub_platforms)), Claim(KIND, AnyOf(peers))
        return (_is_not("purpose", "memory_flush"),), from_hub

    def _kinds(self, platforms: frozenset[str] | None) -> Iterator[Clause]:
        """Yield where each kind comes from; a stranger, from anywhere."""
        peers = self.people.hub_platforms - {CRON}
        yield (_is_not(KIND, SourceKind.CRON.value),), (_is(PLATFORM, CRON),)
        yield (_is_not(KIND, SourceKind.HUB_PEER.value),), (Claim(PLATFORM, AnyOf(peers)),)
        yield (_is_not(KIND, SourceKind.OWNER.value),), *self._owners(platforms)
        if not self.claims:
            no_stranger = (_is_not(KIND, SourceKind.STRANGER.value),)
            known = self.people.hub_platforms | {CRON}
            yield no_stranger, (_is_none_of(PLATFORM, known),)
            for way in self._owners(platforms):
                yield no_stranger, *((claim._replace(holds=False),) for claim in way)

    def _owners(self, platforms: frozenset[str] | None) -> Iterator[tuple[Claim, ...]]:
        for platform in _among(self.people.owner_platforms, platforms):
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

    def _publishers(self, platforms: frozenset[str] | None) -> Iterator[Clause]:
        """Yield who publishes: where a platform lists users or keys, only what holds gets in.

        What is redriven was verified when it came first, and is not when it comes once more.
        """
        vouched = _among(self.people.vouched_for, platforms)
        yield (_is_not("verified", "true"),), (Claim(PLATFORM, AnyOf(frozenset(vouched))),)
        for platform in _among(self.people.publishers, platforms):
            publishes = Claim("publisher", AnyOf(self.people.publishers[platform]))
            yield (_is_not(PLATFORM, platform),), (publishes,)


def _among(known: Collection[str], platforms: frozenset[str] | None) -> list[str]:
    return sorted(known if platforms is None else platforms.intersection(known))


def _is(key: str, text: str) -> Claim:
    return Claim(key, AnyOf(frozenset({text})))


def _is_not(key: str, text: str) -> Claim:
    return _is_none_of(key, {text})


def _is_none_of(key: str, texts: Iterable[str]) -> Claim:
    return Claim(key, NoneOf(frozenset(texts)))
