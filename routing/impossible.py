"""Says why no message can be what a rule asks for."""

import re
import string
from collections.abc import Mapping

from contracts import SourceKind
from routing.laws import Laws
from routing.people import TERMINAL, People
from routing.predicate import AnyOf
from routing.problem import quote
from routing.read_match import Match
from routing.search import Steps, TooManySteps
from routing.witness import find_witness

_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_NUMBERS = ("hops", "text.length", "text.words")
_STEPS = 5_000
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


def why_impossible(match: Match, laws: Laws) -> str:
    """Return in words why no message fulfils a match, given that none does."""
    said = _said_of(plain_texts(match), laws.people)
    if said is not None:
        return said
    needed = list(match)
    for condition in match:
        others = tuple(each for each in needed if each is not condition)
        if not _may_be(others, laws):
            needed = list(others)
    if len(needed) == 1:
        return f"no message fulfils {quote(str(needed[0]))}"
    listed = " and ".join(quote(str(condition)) for condition in needed)
    return f"no message fulfils {listed} at once"


def _may_be(match: Match, laws: Laws) -> bool:
    try:
        return find_witness([match], [], laws, Steps(_STEPS)) is not None
    except TooManySteps:
        return True


def plain_texts(match: Match) -> dict[str, str]:
    """Return the texts that facts have to be, of those that have to be just one."""
    texts = {}
    for condition in match:
        predicate = condition.predicate
        if isinstance(predicate, AnyOf) and len(predicate.values) == 1:
            texts[condition.key] = next(iter(predicate.values))
    return texts


def _said_of(match: Mapping[str, str], people: People) -> str | None:
    platform = match.get("platform")
    if "user_id" in match and platform in people.forgeable:
        return f"messages from `{platform}` have no `user_id`: it could be forged"
    if match.get("purpose") == "memory_flush" and not _may_be_peer(match, platform, people):
        return "a `memory_flush` uses the base runtime, except from a hub peer"
    return (
        _impossible_fact(match)
        or _impossible_publisher(match, platform, people)
        or _impossible_kind(match, platform, people)
    )


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


def _impossible_publisher(
    match: Mapping[str, str], platform: str | None, people: People
) -> str | None:
    listed = people.publishers.get(platform or "")
    verified, publisher = match.get("verified"), match.get("publisher")
    vouched = people.vouched_for
    if verified == "true" and not vouched:
        return "no platform lists `publishers` or `signing_keys`, so no message is `verified`"
    if platform is not None and verified == "true" and platform not in vouched:
        return (
            f"`{platform}` lists no `publishers` and no `signing_keys`, so its messages are not"
            " `verified`"
        )
    if publisher is not None and listed is not None and publisher not in listed:
        return f"{quote(publisher)} is not one of the `publishers` of `{platform}`"
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
