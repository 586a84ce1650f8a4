"""Finds rules that can never match."""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

from contracts import SourceKind
from routing.people import TERMINAL, People
from routing.predicate import AnyOf
from routing.read_match import Match

Pairs = tuple[tuple[str, str], ...]

_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_NUMBERS = ("hops", "text.length", "text.words")
_NEVER_EMPTY = ("instance", "purpose", "message_type")
_IDS = (
    "user_id",
    "chat_id",
    "chat_type",
    "thread_id",
    "parent_chat_id",
    "scope_id",
    "agent_id",
    "profile",
)


def impossible(match: Mapping[str, str], people: People) -> str | None:
    """Return why no message can be all that a rule asks for, or None. Never wrong; not complete."""
    platform = match.get("platform")
    if "user_id" in match and platform in people.spoofable_platforms:
        return f"messages from `{platform}` have no `user_id`: it could be forged"
    if match.get("purpose") == "memory_flush" and not _may_be_peer(match, platform, people):
        return "a `memory_flush` uses the base runtime, except from a hub peer"
    return _impossible_fact(match) or _impossible_kind(match, platform, people)


def _impossible_fact(match: Mapping[str, str]) -> str | None:
    for key in _NUMBERS:
        if key in match and not _WHOLE_NUMBER.fullmatch(match[key]):
            return f"`{key}` is a whole number"
    if match.get("has_media", "true") not in {"true", "false"}:
        return "`has_media` is `true` or `false`"
    for key in _NEVER_EMPTY:
        if match.get(key) == "":
            return f"a `{key}` is never empty"
    for key in _IDS:
        if match.get(key) == "":
            return f"an empty `{key}` counts as none"
    if any(char in string.ascii_uppercase for char in match.get("instance", "")):
        return "an `instance` is in lower case"
    return None


def _may_be_peer(match: Mapping[str, str], platform: str | None, people: People) -> bool:
    if platform is not None and platform not in people.hub_platforms:
        return False
    # A peer may say of itself that it is a stranger, and is routed all the same.
    return _kind(match) in {None, SourceKind.HUB_PEER, SourceKind.STRANGER}


def _impossible_kind(match: Mapping[str, str], platform: str | None, people: People) -> str | None:
    kind = _kind(match)
    if kind is None:
        return None
    platforms = people.platforms_of(kind)
    if platforms is not None and not platforms:
        return f"this table has no platform whose messages are from `{kind}`"
    if platform is not None and platforms is not None and platform not in platforms:
        return f"a message from `{platform}` is never from `{kind}`"
    only_dm = kind is SourceKind.OWNER and (
        platform != TERMINAL if platform is not None else TERMINAL not in (platforms or ())
    )
    if only_dm and match.get("chat_type", "dm") != "dm":
        return "an owner is known in a `dm` only"
    return None


def _kind(match: Mapping[str, str]) -> SourceKind | None:
    text = match.get("source_kind")
    # SourceKind(text) would read an unknown kind as stranger.
    return next((kind for kind in SourceKind if kind.value == text), None)


def implied(pairs: Pairs, people: People) -> frozenset[tuple[str, str]]:
    """Return the pairs and what follows from them: whoever is `cron` is on platform `cron`."""
    match = dict(pairs)
    kind = _kind(match)
    platforms = None if kind is None else people.platforms_of(kind)
    if platforms is not None and len(platforms) == 1:
        match["platform"] = next(iter(platforms))
    if kind is SourceKind.OWNER and match.get("platform", TERMINAL) != TERMINAL:
        match["chat_type"] = "dm"
    return frozenset(match.items())


def plain_pairs(match: Match) -> Pairs | None:
    """Return the (key, text) pairs of a rule that asks for nothing but plain texts."""
    pairs = []
    for condition in match:
        predicate = condition.predicate
        if not isinstance(predicate, AnyOf) or len(predicate.values) != 1:
            return None
        pairs.append((condition.key, next(iter(predicate.values))))
    return tuple(pairs)


def hiding(rules: Sequence[Pairs | None], people: People) -> list[int | None]:
    """Return for each rule the first earlier one that matches whatever it could match, or None.

    Each rule is filed under the rarest pair it asks for, so that later ones look at few.
    """
    count = Counter(pair for match in rules for pair in match or ())
    filed: dict[tuple[str, str], list[tuple[int, frozenset[tuple[str, str]]]]] = {}
    known: set[frozenset[tuple[str, str]]] = set()
    hiders: list[int | None] = []
    for place, match in enumerate(rules):
        if match is None:
            hiders.append(None)
            continue
        facts = implied(match, people)
        earlier = (at for pair in facts for at, asked in filed.get(pair, ()) if asked <= facts)
        hiders.append(min(earlier, default=None))
        asked = frozenset(match)
        if asked not in known:
            known.add(asked)
            rarest = min(match, key=lambda pair: count[pair])
            filed.setdefault(rarest, []).append((place, asked))
    return hiders
